"""Shared response model: both subjects are rotations of a few common courses (Chen et al. 2015, NeurIPS).

The deterministic form: alternate between the common courses and each subject's orthonormal basis. The map goes from the
source's voxels into the common space and out to the target's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.aligner import LinearMap
from models.alignment_link import Link, SolvedAligner, centred_map
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Size of the common space."""

    n_features: int = Field(32, ge=1, description="Common courses.")
    n_iterations: int = Field(20, ge=1, description="Rounds of alternation.")


class SharedResponse(SolvedAligner):
    """Two orthonormal bases of one space, from matched observations."""

    name = "srm"

    def __init__(self, n_features: int, n_iterations: int) -> None:
        super().__init__()
        self._n, self._rounds = n_features, n_iterations

    def solve(self, link: Link) -> tuple[LinearMap, dict[str, Any]]:
        """Return the way through the common space."""
        first, second = link.matched()
        means = first.mean(axis=0), second.mean(axis=0)
        x, y = first - means[0], second - means[1]
        n = min(self._n, *x.shape, y.shape[1])
        # From the main courses of both together, so that the start is the same every time.
        common = np.linalg.svd(np.hstack([x, y]), full_matrices=False)[0][:, :n]
        for _ in range(self._rounds):
            a, b = _basis(x, common), _basis(y, common)
            common = 0.5 * (x @ a + y @ b)
        residual = ((x - common @ a.T) ** 2).sum() + ((y - common @ b.T) ** 2).sum()
        total = (x**2).sum() + (y**2).sum()
        explained = 1.0 - float(residual / total) if total > 0 else 0.0
        return centred_map(a @ b.T, *means), {"rank": n, "explained": explained}


def _basis(x: NDArray[np.float64], common: NDArray[np.float64]) -> NDArray[np.float64]:
    u, _, vt = np.linalg.svd(x.T @ common, full_matrices=False)
    return np.asarray(u @ vt)


def build(settings: Settings) -> SharedResponse:
    """Make the aligner."""
    return SharedResponse(settings.n_features, settings.n_iterations)
