"""Where the alpha peak lies, then logistic regression."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.signal import welch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """The band that is searched."""

    low_hz: float = Field(7.0, gt=0, description="Lower edge (Hz).")
    high_hz: float = Field(13.0, gt=0, description="Upper edge (Hz).")


class PeakFrequency(ClassifierMixin, BaseEstimator):
    """The centre of gravity of the spectrum in a band, for each channel, decides.

    Parameters
    ----------
    low_hz, high_hz
        The band.
    rate_hz
        Sampling rate; the benchmark sets it.
    """

    def __init__(self, low_hz: float = 7.0, high_hz: float = 13.0, rate_hz: float = 200.0) -> None:
        self.low_hz = low_hz
        self.high_hz = high_hz
        self.rate_hz = rate_hz

    def fit(self, X: NDArray[np.float32], y: NDArray[Any]) -> Self:
        """Learn from windows (n_windows, n_channels, n_times)."""
        self.regression_ = LogisticRegression().fit(self._features(X), y)
        self.classes_ = self.regression_.classes_
        return self

    def predict(self, X: NDArray[np.float32]) -> NDArray[Any]:
        """Return the class of each window."""
        check_is_fitted(self)
        return np.asarray(self.regression_.predict(self._features(X)))

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return probabilities (n_windows, n_classes)."""
        check_is_fitted(self)
        return np.asarray(self.regression_.predict_proba(self._features(X)))

    def _features(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        frequencies, power = welch(X, self.rate_hz, nperseg=min(X.shape[-1], round(4 * self.rate_hz)))
        inside = (frequencies >= self.low_hz) & (frequencies <= self.high_hz)
        weights = power[..., inside]
        return np.asarray((weights * frequencies[inside]).sum(axis=-1) / weights.sum(axis=-1))


def build(settings: Settings) -> PeakFrequency:
    """Make the estimator."""
    return PeakFrequency(settings.low_hz, settings.high_hz)
