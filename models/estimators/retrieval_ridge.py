"""Retrieval: ridge regression from windows to item features; an item scores by cosine. In µV or any one unit.

Items are numbered as the rows of the feature table, and ``classes_`` is all of them: an item may be found that no
training window showed. Linear encoding of images by EEG: Gifford et al. 2022, NeuroImage 264:119754.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models.calibration import softmax
from models.window_estimator import Codes, Floats, WindowClassifier
from models.window_features import stretch_means
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """What describes a window, and penalty."""

    stretch_s: float = Field(0.02, gt=0, description="Length of the stretches whose means describe a window (s).")
    alpha: float = Field(1000.0, gt=0, description="Strength of the ridge penalty on standardised means.")


class RetrievalRidge(WindowClassifier):
    """See the module.

    Parameters
    ----------
    item_features
        Shape (n_items, n_features); labels are row numbers.
    stretch_s, alpha
        See the settings.
    sharpness
        Score to probability: ``softmax(sharpness * cosine)``.
    rate_hz
        Of the windows.
    """

    def __init__(
        self,
        item_features: NDArray[np.floating] | None = None,
        stretch_s: float = 0.02,
        alpha: float = 1000.0,
        sharpness: float = 10.0,
        rate_hz: float | None = None,
    ) -> None:
        self.item_features = item_features
        self.stretch_s = stretch_s
        self.alpha = alpha
        self.sharpness = sharpness
        self.rate_hz = rate_hz

    def decision_function(self, X: Any) -> Floats:
        """Return the cosine similarity (n_windows, n_items) of what is read from windows with each item."""
        return self._cosines(self._more_windows(X))

    def _learn(self, windows: NDArray[Any], codes: Codes) -> None:
        if self.item_features is None:
            raise ValueError("RetrievalRidge: item_features is not set: give one row of numbers for each item")
        table = np.asarray(self.item_features, dtype=np.float64)
        items = self.classes_[codes]
        if table.ndim != 2 or not np.isfinite(table).all():
            raise ValueError(f"RetrievalRidge: item_features must be finite (n_items, n_features), has {table.shape}")
        if not np.issubdtype(items.dtype, np.integer) or items.min() < 0 or items.max() >= len(table):
            raise ValueError(f"RetrievalRidge: labels must be rows 0 to {len(table) - 1} of item_features")
        self.classes_ = np.arange(len(table))
        self.mean_ = table.mean(axis=0)
        self.directions_ = _unit(table - self.mean_)
        head = make_pipeline(StandardScaler(), Ridge(alpha=self.alpha))
        self.head_ = head.fit(self._describe(windows), self.directions_[items])

    def _probabilities(self, windows: NDArray[Any]) -> Floats:
        return softmax(self.sharpness * self._cosines(windows))

    def _cosines(self, windows: NDArray[Any]) -> Floats:
        return np.asarray(_unit(self.head_.predict(self._describe(windows))) @ self.directions_.T)

    def _describe(self, windows: NDArray[Any]) -> Floats:
        return stretch_means(windows, round(self.stretch_s * self._rate())).reshape(len(windows), -1)


def _unit(rows: Floats) -> Floats:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0))


def build(settings: Settings) -> RetrievalRidge:
    """Make the estimator; the benchmark tells it the items' features."""
    return RetrievalRidge(None, settings.stretch_s, settings.alpha)
