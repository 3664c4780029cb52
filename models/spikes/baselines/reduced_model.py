"""Latent models of the simple kind: each session is reduced by itself, then brought into the first one's space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.spikes.baselines.latent_number import for_mixture
from models.spikes.baselines.matching_spaces import by_conditions, by_distribution, by_loadings, condition_means
from models.spikes.baselines.mixture_space import by_mixture
from models.spikes.baselines.reduction import How, Reduction
from models.spikes.latent_model import Latents, Needs
from models.spikes.trial_set import TrialSet
from models.spikes.units import Units
from models.training.task import Progress
from pipelines.errors import ModelError

Rule = Literal["none", "procrustes", "canonical", "distribution", "mixture", "loadings"]
NEEDS: dict[Rule, Needs] = {
    "none": "unlabelled",
    "procrustes": "conditions",
    "canonical": "conditions",
    "distribution": "unlabelled",
    "mixture": "unlabelled",
    "loadings": "unlabelled",
}


@dataclass(slots=True, eq=False)
class _Reference:
    """The space that all others are brought into: that of the first session."""

    reduction: Reduction
    latents: NDArray[np.float64]
    means: dict[str, NDArray[np.float64]]
    units: Units
    variance: float


@dataclass(slots=True, eq=False)
class ReducedModel:
    """A :class:`models.spikes.latent_model.LatentModel`.

    Parameters
    ----------
    rule
        How an unseen session is brought into the space. Sessions that are learned from have labels, so they are
        brought there by Procrustes on their conditions, but for the rule ``none``.
    n_latents, sigma_bins, how
        See :class:`models.spikes.baselines.reduction.Reduction`; no latents: as many as
        :func:`models.spikes.baselines.latent_number.for_mixture` says of the first session.
    """

    rule: Rule
    n_latents: int
    sigma_bins: float
    how: How = "pca"
    _reference: _Reference | None = None
    _seed: int = 0
    _n: int = 0
    _known: dict[tuple[str, str], tuple[Reduction, NDArray[np.float64]]] = field(default_factory=dict)

    @property
    def needs(self) -> Needs:
        """See :class:`models.spikes.latent_model.LatentModel`."""
        return NEEDS[self.rule]

    def fit(self, sessions: Sequence[TrialSet], seed: int, progress: Progress) -> None:
        """Reduce every session; the space is that of the first one."""
        self._known.clear()
        self._seed = seed
        self._n = self.n_latents or for_mixture(sessions[0], self.sigma_bins, self.how, seed)
        progress.phase("reduction", len(sessions), unit="sessions")
        for number, trials in enumerate(sessions):
            reduction = Reduction.of(trials, self._n, self.sigma_bins, self.how)
            latents = reduction(trials)
            means = condition_means(latents, trials.labels)
            if number == 0:
                around = latents - np.stack([means[str(label)] for label in trials.labels])
                self._reference = _Reference(reduction, latents, means, trials.units, float(around.var()))
            matrix = np.eye(self._n)
            if number and self.rule != "none":
                matrix = by_conditions(means, self._space.means, canonical=self.rule == "canonical")
            self._known[trials.units.subject, trials.units.session] = (reduction, matrix)
            progress.advance()

    @property
    def _space(self) -> _Reference:
        if self._reference is None:
            raise ModelError("latent model: fit it first")
        return self._reference

    def latents(self, trials: TrialSet, calibration: TrialSet | None) -> Latents:
        """Return latents in the space of the first session."""
        key = (trials.units.subject, trials.units.session)
        if calibration is None and key in self._known:
            reduction, matrix = self._known[key]
        else:
            reduction, matrix = self._placed(calibration or trials)
        return np.asarray(reduction(trials) @ matrix)

    def _placed(self, calibration: TrialSet) -> tuple[Reduction, NDArray[np.float64]]:
        reduction = Reduction.of(calibration, self._n, self.sigma_bins, self.how)
        if self.rule == "none":
            return reduction, np.eye(self._n)
        if self.rule == "loadings":
            return reduction, self._by_common_units(reduction, calibration.units)
        latents = reduction(calibration)
        if self.rule == "distribution":
            return reduction, by_distribution(latents, self._space.latents, self._seed)
        if self.rule == "mixture":
            courses = np.stack(list(self._space.means.values()))
            return reduction, by_mixture(latents, courses, self._space.variance, self._seed)
        means = condition_means(latents, calibration.labels)
        return reduction, by_conditions(means, self._space.means, canonical=self.rule == "canonical")

    def _by_common_units(self, reduction: Reduction, units: Units) -> NDArray[np.float64]:
        rows = {name: row for row, name in enumerate(units.ids)}
        common = [(rows[name], row) for row, name in enumerate(self._space.units.ids) if name in rows]
        if units.subject != self._space.units.subject or len(common) < self._n:
            return np.eye(self._n)  # another animal: there is nothing to go by
        here, there = np.array(common).T
        return by_loadings(reduction.loadings[here], self._space.reduction.loadings[there])
