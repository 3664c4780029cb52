"""Features of a window relative to the same person at rest: log band power and tangent-space covariances.

Re-centring on the person's own rest follows Zanini et al. 2018 (IEEE Trans. Biomed. Eng. 65:1107); the tangent space
Barachant et al. 2012 (IEEE Trans. Biomed. Eng. 59:920).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pyriemann.utils.mean import mean_riemann

from models.cross_spectra import CrossSpectra, log_power
from pipelines.errors import ModelError

SHRINKAGE = 1e-2
MIN_WINDOWS = 4


class RestFeatures:
    """Call ``fit_rest`` once for each person, then ``vector`` for each window.

    Parameters
    ----------
    rate_hz, n_samples
        Sampling rate and window length.
    bands_hz
        Band edges.
    tangent
        Whether tangent-space covariances join the log band power.
    """

    def __init__(
        self, rate_hz: float, n_samples: int, bands_hz: Sequence[tuple[float, float]], *, tangent: bool
    ) -> None:
        self._spectra = CrossSpectra(rate_hz, n_samples, bands_hz)
        self._tangent = tangent
        self._mean: NDArray[np.float64] | None = None

    def fit_rest(self, windows: Sequence[NDArray[np.floating]]) -> None:
        """Learn a person's rest from windows (n_samples, n_channels).

        Raises
        ------
        ModelError
            If there are fewer than four.
        """
        if len(windows) < MIN_WINDOWS:
            raise ModelError(f"calibration needs at least {MIN_WINDOWS} clean windows of rest, got {len(windows)}")
        covariances = np.stack([self._spectra.covariances(window) for window in windows])
        powers = log_power(np.diagonal(covariances, axis1=2, axis2=3))
        self._mean = powers.mean(axis=0)
        if self._tangent:
            shrunk = _shrink(covariances)
            self._whiten = np.stack([_inverse_root(mean_riemann(shrunk[:, b])) for b in range(shrunk.shape[1])])

    def vector(self, window: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the features of one window (n_samples, n_channels).

        Raises
        ------
        ModelError
            Before ``fit_rest``.
        """
        if self._mean is None:
            raise ModelError("not calibrated: this decoder needs a stretch of this person's rest first")
        if not self._tangent:
            return (log_power(self._spectra.powers(window)) - self._mean).ravel()
        covariances = self._spectra.covariances(window)
        power = log_power(np.diagonal(covariances, axis1=1, axis2=2)) - self._mean
        centred = self._whiten @ _shrink(covariances) @ self._whiten
        values, vectors = np.linalg.eigh(centred)
        logs = (vectors * np.log(np.maximum(values, 1e-10))[:, None, :]) @ vectors.transpose(0, 2, 1)
        rows, columns = np.triu_indices(logs.shape[1])
        weight = np.where(rows == columns, 1.0, np.sqrt(2.0))
        return np.concatenate([power.ravel(), (logs[:, rows, columns] * weight).ravel()])


def _shrink(covariances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pull covariances (..., n, n) towards the identity: interpolated channels and average reference lower the rank."""
    n = covariances.shape[-1]
    level = np.trace(covariances, axis1=-2, axis2=-1)[..., None, None] / n
    return np.asarray((1 - SHRINKAGE) * covariances + SHRINKAGE * level * np.eye(n) + 1e-12 * np.eye(n))


def _inverse_root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors / np.sqrt(values)) @ vectors.T)
