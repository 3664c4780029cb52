"""The mean predictor: each voxel's training mean for every image, with the covariance of trials about it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.fmri.encoder import Values
from models.fmri.gaussian_encoder import GaussianEncoder
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Nothing to choose."""


class MeanEncoder(GaussianEncoder):
    """Does not look at the image."""

    name = "mean"

    def _fit_mean(self, x: NDArray[np.float32], values: Values, seed: int) -> None:
        self._constant = values.mean(axis=0, dtype=np.float64).astype(np.float32)

    def _mean(self, x: NDArray[np.float32]) -> Values:
        return np.repeat(self._constant[None], len(x), axis=0)


def build(settings: Settings) -> MeanEncoder:
    """Make the encoder."""
    return MeanEncoder()
