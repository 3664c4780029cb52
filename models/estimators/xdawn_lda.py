"""Event-related potentials: xDAWN spatial filters, means of short stretches, shrinkage LDA. In µV or any one unit.

Rivet et al. 2009, IEEE Trans. Biomed. Eng. 56:2035.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pyriemann.spatialfilters import Xdawn

from models.linear_heads import shrinkage_lda
from models.window_estimator import Codes, Floats, WindowClassifier
from models.window_features import stretch_means
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Filters and stretches."""

    n_components: int = Field(3, ge=1, description="Spatial filters for each class.")
    stretch_s: float = Field(0.03, gt=0, description="Length of the stretches whose means are the features (s).")


class XdawnLda(WindowClassifier):
    """See the module."""

    min_windows = 2

    def __init__(self, n_components: int = 3, stretch_s: float = 0.03, rate_hz: float | None = None) -> None:
        self.n_components = n_components
        self.stretch_s = stretch_s
        self.rate_hz = rate_hz

    def _learn(self, windows: NDArray[Any], codes: Codes) -> None:
        n_components = min(self.n_components, self.n_channels_)
        self.filters_ = Xdawn(nfilter=n_components, estimator="oas").fit(windows.astype(np.float64), codes)
        self.head_ = shrinkage_lda(len(self.classes_)).fit(self._features(windows), codes)

    def _probabilities(self, windows: NDArray[Any]) -> Floats:
        return np.asarray(self.head_.predict_proba(self._features(windows)))

    def _features(self, windows: NDArray[Any]) -> Floats:
        filtered = self.filters_.transform(windows.astype(np.float64))
        return stretch_means(filtered, round(self.stretch_s * self._rate())).reshape(len(windows), -1)


def build(settings: Settings) -> XdawnLda:
    """Make the estimator."""
    return XdawnLda(settings.n_components, settings.stretch_s)
