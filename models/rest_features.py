"""Features of a window relative to the same person at rest: log band power, tangent-space covariances."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.cross_spectra import log_power
from models.tangent_space import inverse_root, riemann_mean, shrink, tangent_vectors

SHRINKAGE = 0.02
SPREAD_FLOOR = 0.15
"""Added to each feature's spread at rest (natural-log units), so that a few quiet windows do not blow it up."""
LIMIT = 10.0
"""Distances from rest beyond so many spreads count as so many: an artefact must not outvote all other features."""


def n_features(n_bands: int, n_channels: int, *, tangent: bool) -> int:
    """Length of the feature vector."""
    return n_bands * (n_channels + (n_channels * (n_channels + 1) // 2 if tangent else 0))


class RestFeatures:
    """One person's rest, and what their windows are relative to it.

    Parameters
    ----------
    rest
        Band covariances of windows of rest, shape (n_windows, n_bands, n_channels, n_channels).
    tangent
        Whether covariances, re-centred on the mean of rest, join the log band power.
    """

    def __init__(self, rest: NDArray[np.float64], *, tangent: bool) -> None:
        self._whitener: NDArray[np.float64] | None = None
        if tangent:
            self._whitener = inverse_root(riemann_mean(shrink(rest, SHRINKAGE)))
        features = self._absolute(rest)
        self._mean = features.mean(axis=0)
        self._spread = features.std(axis=0) + SPREAD_FLOOR

    def __call__(self, covariances: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return features (..., n_features), in spreads from rest, of covariances (..., n_bands, n, n)."""
        distance = (self._absolute(covariances) - self._mean) / self._spread
        return np.asarray(np.clip(distance, -LIMIT, LIMIT))

    def _absolute(self, covariances: NDArray[np.float64]) -> NDArray[np.float64]:
        power = log_band_power(covariances)
        if self._whitener is None:
            return power
        return np.concatenate([power, tangent_vectors(shrink(covariances, SHRINKAGE), self._whitener)], axis=-1)


def log_band_power(covariances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log powers (..., n_bands * n_channels) of covariances (..., n_bands, n_channels, n_channels)."""
    power = np.diagonal(covariances, axis1=-2, axis2=-1)
    return log_power(power).reshape(*power.shape[:-2], -1)
