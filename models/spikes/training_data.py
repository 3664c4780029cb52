"""Which sessions a task learns from and which it never sees: recordings of a layout, or simulated animals."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from models.spikes.loader import SpikeLoader
from models.spikes.pool import session_name
from models.spikes.simulation.reach import ReachSettings, reach
from models.spikes.simulation.visual import VisualSettings, watch
from models.spikes.trial_set import TrialSet, cut
from pipelines.errors import ConfigError
from pipelines.plugins import make, names

SIMULATED = ("simulated_reach", "simulated_anonymous", "simulated_films")


class SpikeData(BaseModel):
    """Table ``[data]`` of a training file."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    layout: str = ""
    """Layout of the folder (``arrays``, ``perich_miller``, ``mc_maze`` …), or simulated_reach, _anonymous, _films."""
    folder: str = ""
    """Of the recordings."""
    covariate: str = ""
    """Behaviour or stimulus that is learned with; empty: velocity, or video of simulated films."""
    held_out: tuple[str, ...] = ()
    """Subjects that nothing is learned from; they judge. Of simulated animals the last two, unless named."""
    bin_s: float = Field(0.02, gt=0)
    """Width of a bin."""
    n_bins: int = Field(40, ge=2)
    """Of a trial."""
    from_s: float = 0.0
    """Where the first bin begins, from the trial's start."""
    animals: int = Field(6, ge=2)
    """Simulated ones that are learned from."""
    repeats: int = Field(12, ge=1)
    """Of each simulated condition."""
    seed: int = Field(0, ge=0)
    """Of the simulation."""

    @property
    def learned_with(self) -> str:
        """Name of the covariate."""
        return self.covariate or ("video" if self.layout == "simulated_films" else "velocity")

    def check(self, where: str) -> None:
        """Say what is missing.

        Raises
        ------
        ConfigError
            If the layout is not known, or a layout of files has no folder.
        """
        known = (*names("spike_recordings"), *SIMULATED)
        if self.layout not in known:
            raise ConfigError(f"{where}: data.layout = {self.layout!r}: must be one of {', '.join(known)}")
        if self.layout not in SIMULATED and not self.folder:
            raise ConfigError(f"{where}: data.folder = '': name the folder of the recordings")


@dataclass(frozen=True, slots=True)
class Sessions:
    """Who teaches and who judges."""

    learned: list[TrialSet]
    unseen: list[TrialSet]

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of what was learned from, by session."""
        return {session_name(t.units): _hash(t) for t in self.learned}


def sessions(data: SpikeData) -> Sessions:
    """Read or simulate them.

    Raises
    ------
    RecordingError
        If the folder does not hold the layout.
    ConfigError
        If nobody is left to learn from, or a subject that is held out is not there.
    """
    everybody = _simulated(data) if data.layout in SIMULATED else _recorded(data)
    subjects = list(dict.fromkeys(t.units.subject for t in everybody))
    held_out = data.held_out or (tuple(subjects[data.animals :]) if data.layout in SIMULATED else ())
    if absent := sorted(set(held_out) - set(subjects)):
        raise ConfigError(f"data.held_out: not there: {', '.join(absent)}; there are: {', '.join(subjects)}")
    learned = [t for t in everybody if t.units.subject not in held_out]
    if not learned:
        raise ConfigError("data.held_out: nobody is left to learn from")
    return Sessions(learned, [t for t in everybody if t.units.subject in held_out])


def _simulated(data: SpikeData) -> list[TrialSet]:
    numbers = range(data.animals + 2)
    if data.layout == "simulated_films":
        films = VisualSettings(repeats=max(1, data.repeats // 6))
        return [watch(films, animal, data.seed) for animal in numbers]
    tuning = "informative" if data.layout == "simulated_reach" else "anonymous"
    world = ReachSettings(tuning=tuning, repeats=data.repeats, n_bins=data.n_bins, bin_s=data.bin_s)  # type: ignore[arg-type]
    return [reach(world, animal, data.seed) for animal in numbers]


def _recorded(data: SpikeData) -> list[TrialSet]:
    loader: SpikeLoader = make("spike_recordings", {"kind": data.layout, "folder": data.folder})
    return [cut(loader.read(key), data.bin_s, data.n_bins, data.from_s) for key in loader.keys()]


def _hash(trials: TrialSet) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(trials.counts).tobytes())
    for name in sorted(trials.covariates):
        digest.update(np.ascontiguousarray(trials.covariates[name]).tobytes())
    return digest.hexdigest()


def targets(trials: Sequence[TrialSet], covariate: str) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    """Return what is to be told of trials: true latents of a simulation, else the covariate, (n_trials, n_bins, n)."""
    told = [t.truth.get("latent", t.covariates[covariate]) for t in trials]
    return [np.asarray(values, np.float32).reshape(*values.shape[:2], -1) for values in told]
