"""A few latents of one session by itself: principal components or factor analysis of smoothed, standardised counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from sklearn.decomposition import FactorAnalysis

from models.spikes.padding import Standard
from models.spikes.trial_set import TrialSet
from pipelines.errors import ModelError

Doubles = NDArray[np.float64]
How = Literal["pca", "fa"]


def smoothed(trials: TrialSet, standard: Standard, sigma_bins: float) -> Doubles:
    """Return standardised counts (n_trials, n_bins, n_units) under a Gaussian along time; 0: as they are."""
    values = np.asarray(standard(trials.counts), np.float64)
    return values if sigma_bins == 0 else np.asarray(gaussian_filter1d(values, sigma_bins, axis=1, mode="nearest"))


@dataclass(frozen=True, slots=True, eq=False)
class Reduction:
    """A linear map from one population to a few white latents.

    Parameters
    ----------
    standard
        Of the session.
    weights
        (n_units, n_latents); latents have unit variance over the session they were found in.
    loadings
        (n_units, n_latents): how each unit reads the latents, in standardised counts.
    sigma_bins
        Of the smoothing.
    """

    standard: Standard
    weights: Doubles
    loadings: Doubles
    sigma_bins: float

    @classmethod
    def of(cls, trials: TrialSet, n_latents: int, sigma_bins: float, how: How = "pca") -> Self:
        """Find it in trials; labels are not looked at.

        Raises
        ------
        ModelError
            If there are fewer units than latents.
        """
        if trials.units.n_units < n_latents:
            raise ModelError(f"{trials.units.subject}: {trials.units.n_units} units cannot give {n_latents} latents")
        standard = Standard.of(trials)
        flat = smoothed(trials, standard, sigma_bins).reshape(-1, trials.units.n_units)
        if how == "pca":
            _, vectors = np.linalg.eigh(flat.T @ flat)
            weights = vectors[:, ::-1][:, :n_latents]
        else:
            found = FactorAnalysis(n_latents, max_iter=300, tol=1e-3).fit(flat)
            precise = found.components_ / found.noise_variance_
            weights = np.linalg.solve(np.eye(n_latents) + precise @ found.components_.T, precise).T
        scores = flat @ weights
        # The sign of a component is arbitrary: let more firing be positive.
        scale = scores.std(axis=0) * np.where(weights.sum(axis=0) < 0, -1.0, 1.0)
        weights = weights / np.where(scale == 0, 1.0, scale)
        scores = flat @ weights
        loadings = np.linalg.lstsq(scores, flat, rcond=None)[0].T
        return cls(standard, np.asarray(weights, np.float64), np.asarray(loadings, np.float64), sigma_bins)

    def __call__(self, trials: TrialSet) -> Doubles:
        """Return latents (n_trials, n_bins, n_latents)."""
        return np.asarray(smoothed(trials, self.standard, self.sigma_bins) @ self.weights)
