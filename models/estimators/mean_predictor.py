"""The simplest regression: the mean of the training values, whatever the window. Scale-free."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.window_estimator import Floats, WindowRegressor
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Nothing to set."""


class MeanPredictor(WindowRegressor):
    """See the module."""

    def _learn(self, windows: NDArray[Any], values: Floats) -> None:
        self.mean_ = float(values.mean())

    def _values(self, windows: NDArray[Any]) -> Floats:
        return np.full(len(windows), self.mean_)


def build(settings: Settings) -> MeanPredictor:
    """Make the estimator."""
    return MeanPredictor()
