"""The simplest classifier: how frequent each class was in training, whatever the window. Scale-free."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.window_estimator import Codes, Floats, WindowClassifier
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Nothing to set."""


class Chance(WindowClassifier):
    """See the module."""

    def _learn(self, windows: NDArray[Any], codes: Codes) -> None:
        self.priors_ = np.bincount(codes) / len(codes)

    def _probabilities(self, windows: NDArray[Any]) -> Floats:
        return np.tile(self.priors_, (len(windows), 1))


def build(settings: Settings) -> Chance:
    """Make the estimator."""
    return Chance()
