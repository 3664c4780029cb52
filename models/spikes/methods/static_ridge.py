"""Ridge from units to behaviour by their names: the decoder of the first day, as it is left alone. Units it knows only.

``own_standard`` scales each unit by today's mean and deviation, which takes changes of gain away and needs no labels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.metrics.decoding import reader
from models.spikes.baselines.reduction import smoothed
from models.spikes.latent_model import Latents, Needs
from models.spikes.padding import Standard
from models.spikes.trial_set import TrialSet
from models.training.task import Progress
from pipelines.errors import ModelError
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """What is read, and how counts are scaled."""

    covariate: str = Field("velocity", description="Behaviour that is read.")
    sigma_bins: float = Field(2.0, ge=0, description="Deviation of the Gaussian along time (bins); 0: none.")
    own_standard: bool = Field(default=False, description="Scale by the unseen session's own mean and deviation.")


class StaticRidge:
    """Its latents are the behaviour it reads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.needs: Needs = "unlabelled" if settings.own_standard else "nothing"

    def fit(self, sessions: Sequence[TrialSet], seed: int, progress: Progress) -> None:
        """Learn to read all sessions together; a unit has a column for each animal and name."""
        names = [_names(trials) for trials in sessions]
        self._columns = {name: column for column, name in enumerate(dict.fromkeys(n for some in names for n in some))}
        self._mean = np.zeros(len(self._columns), np.float32)
        self._deviation = np.ones(len(self._columns), np.float32)
        for trials, some in zip(sessions, names, strict=True):
            standard = Standard.of(trials)
            columns = [self._columns[name] for name in some]
            self._mean[columns], self._deviation[columns] = standard.mean, standard.deviation
        x = np.concatenate([self._features(trials, Standard.of(trials)) for trials in sessions])
        y = np.concatenate([trials.covariates[self._settings.covariate] for trials in sessions])
        self._read = reader(x, y)

    def latents(self, trials: TrialSet, calibration: TrialSet | None) -> Latents:
        """Return the behaviour that is read, (n_trials, n_bins, n_outputs)."""
        if not hasattr(self, "_read"):
            raise ModelError("static_ridge: fit it first")
        standard = Standard.of(calibration or trials) if self._settings.own_standard else self._learned(trials)
        return self._read(self._features(trials, standard))

    def _learned(self, trials: TrialSet) -> Standard:
        """Return what was learned of units by name; one that is not known does not matter."""
        columns = np.array([self._columns.get(name, -1) for name in _names(trials)])
        mean, deviation = (np.append(v, v.dtype.type(1)) for v in (self._mean, self._deviation))
        return Standard(mean[columns], deviation[columns])

    def _features(self, trials: TrialSet, standard: Standard) -> NDArray[np.float64]:
        found = np.zeros((trials.n_trials, trials.n_bins, len(self._columns)))
        values = smoothed(trials, standard, self._settings.sigma_bins)
        for row, name in enumerate(_names(trials)):
            if name in self._columns:
                found[..., self._columns[name]] = values[..., row]
        return found


def _names(trials: TrialSet) -> list[tuple[str, str]]:
    return [(trials.units.subject, name) for name in trials.units.ids]


def build(settings: Settings) -> StaticRidge:
    """Make the model; nothing is learned yet."""
    return StaticRidge(settings)
