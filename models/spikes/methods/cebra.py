"""CEBRA-Behavior of each animal by itself, brought into the space of the first one by averages of conditions.

Animals that are learned from are embedded with their behaviour. Of an unseen one only conditions are known: each of
its samples is given the mean behaviour of its condition and bin in the others. The package's own joint training of
several animals needs all of them at once, and cannot take one later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.spikes.baselines.cebra_embedding import embedding
from models.spikes.baselines.matching_spaces import by_conditions, condition_means
from models.spikes.baselines.reduction import smoothed
from models.spikes.latent_model import Latents, Needs
from models.spikes.padding import Standard
from models.spikes.pool import session_name
from models.spikes.trial_set import TrialSet
from models.spikes.units import Floats
from models.training.task import Progress, Stopped
from pipelines.errors import ModelError
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Size and training."""

    covariate: str = Field("velocity", description="Behaviour that samples are told apart by.")
    n_latents: int = Field(8, ge=2, description="Latents, on a sphere.")
    sigma_bins: float = Field(2.0, ge=0, description="Deviation of the Gaussian along time (bins); 0: none.")
    iterations: int = Field(300, ge=1, description="Of each animal's training.")


@dataclass(frozen=True, slots=True, eq=False)
class _Embedded:
    """One animal: how its counts become latents, and the matrix into the common space."""

    standard: Standard
    embedded: Callable[[Floats], Floats]
    matrix: NDArray[np.float64]


@dataclass(slots=True, eq=False)
class CebraModel:
    """A :class:`models.spikes.latent_model.LatentModel`."""

    settings: Settings
    needs: Needs = "conditions"
    _known: dict[str, _Embedded] = field(default_factory=dict)
    _means: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    _courses: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    _seed: int = 0

    def fit(self, sessions: Sequence[TrialSet], seed: int, progress: Progress) -> None:
        """Embed every session; the space is that of the first one."""
        self._known, self._means, self._seed = {}, {}, seed
        name = self.settings.covariate
        behaviour = np.concatenate([np.asarray(t.covariates[name], np.float64) for t in sessions])
        self._courses = condition_means(behaviour, np.concatenate([t.labels for t in sessions]))
        progress.phase("embedding", len(sessions), unit="sessions")
        for trials in sessions:
            if progress.stop_requested:
                raise Stopped("CEBRA: not all sessions were embedded")
            self._place(trials, np.asarray(trials.covariates[name]))
            progress.advance()

    def latents(self, trials: TrialSet, calibration: TrialSet | None) -> Latents:
        """Return latents in the space of the first session."""
        name = session_name(trials.units)
        if calibration is not None:
            if unknown := set(calibration.labels) - self._courses.keys():
                raise ModelError(f"CEBRA: {name}: nothing is known of condition {sorted(unknown)[0]!r}")
            self._place(calibration, np.stack([self._courses[str(label)] for label in calibration.labels]))
        if name not in self._known:
            raise ModelError(f"CEBRA: {name}: it was not learned from, and there are no trials with conditions")
        return self._read(trials, self._known[name])

    def _place(self, trials: TrialSet, behaviour: NDArray[np.floating]) -> None:
        s, standard = self.settings, Standard.of(trials)
        x = smoothed(trials, standard, s.sigma_bins).reshape(-1, trials.units.n_units)
        labels = np.ascontiguousarray(behaviour.reshape(len(x), -1), np.float32)
        found = _Embedded(
            standard,
            embedding(x.astype(np.float32), labels, s.n_latents, s.iterations, self._seed),
            np.eye(s.n_latents),
        )
        means = condition_means(np.asarray(self._read(trials, found), np.float64), trials.labels)
        if self._means:
            matrix = by_conditions(means, self._means, canonical=False)
            found = _Embedded(standard, found.embedded, matrix)
        else:
            self._means = means
        self._known[session_name(trials.units)] = found

    def _read(self, trials: TrialSet, known: _Embedded) -> Latents:
        x = smoothed(trials, known.standard, self.settings.sigma_bins).reshape(-1, trials.units.n_units)
        found = known.embedded(x.astype(np.float32)) @ known.matrix
        return np.asarray(found.reshape(trials.n_trials, trials.n_bins, -1))


def build(settings: Settings) -> CebraModel:
    """Make the model; nothing is learned yet."""
    return CebraModel(settings)
