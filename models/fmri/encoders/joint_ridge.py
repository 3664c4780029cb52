"""Ridge regression of all voxels together (:mod:`models.fmri.joint_ridge`), with the covariance of what it leaves.

Of more voxels or features than it can take, plain ridge with one strength for all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.fmri.encoder import Values
from models.fmri.gaussian_encoder import GaussianEncoder
from models.fmri.joint_ridge import LARGEST_FEATURES, LARGEST_VOXELS, JointRidge
from models.ridge_map import ridge_map
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Nothing to choose."""


class JointRidgeEncoder(GaussianEncoder):
    """Covariances of weights across features and voxels are learnt; places of voxels, where given, help."""

    name = "joint_ridge"

    def _fit_mean(self, x: NDArray[np.float32], values: Values, seed: int) -> None:
        wide = x.astype(np.float64), values.astype(np.float64)
        small = x.shape[1] <= LARGEST_FEATURES and values.shape[1] <= LARGEST_VOXELS
        self._fitted = JointRidge.fit(*wide, self.places) if small else ridge_map(*wide)[0]

    def _mean(self, x: NDArray[np.float32]) -> Values:
        return np.asarray(self._fitted(x.astype(np.float64)), dtype=np.float32)


def build(settings: Settings) -> JointRidgeEncoder:
    """Make the encoder."""
    return JointRidgeEncoder()
