"""Orthogonal map and one scale (Schönemann 1966): nothing is stretched, so that little data suffices.

With unlike numbers of units it is the partial isometry of the singular vectors; ``n_components`` first reduces both
sides to their main components.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.aligner import LinearMap
from models.alignment_link import Link, SolvedAligner, centred_map
from pipelines.plugins import PluginSettings

SMALLEST = 1e-10
"""Singular values below this share of the largest are rounding."""


class Settings(PluginSettings):
    """How many directions are rotated."""

    n_components: int = Field(0, ge=0, description="Main components of either side that are rotated; 0: all.")
    scaling: bool = Field(True, description="Whether one scale is fitted too.")


class Procrustes(SolvedAligner):
    """Rotation from matched observations."""

    name = "procrustes"

    def __init__(self, n_components: int, *, scaling: bool) -> None:
        super().__init__()
        self._n, self._scaling = n_components, scaling

    def solve(self, link: Link) -> tuple[LinearMap, dict[str, Any]]:
        """Return the rotation of matched observations."""
        first, second = link.matched()
        means = first.mean(axis=0), second.mean(axis=0)
        x, y = first - means[0], second - means[1]
        p, q = (_components(z, self._n) for z in (x, y))
        u, s, vt = np.linalg.svd((x @ p).T @ (y @ q), full_matrices=False)
        kept = s > SMALLEST * s[0] if s[0] > 0 else np.zeros(len(s), dtype=bool)
        u, s, vt = u[:, kept], s[kept], vt[kept]
        scale = float(s.sum() / ((x @ p @ u) ** 2).sum()) if self._scaling and s.size else 1.0
        return centred_map(scale * p @ u @ vt @ q.T, *means), {"rank": int(kept.sum()), "scale": scale}


def _components(x: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return the main directions (n_units, n) of centred observations; 0: all that observations have."""
    vt = np.linalg.svd(x, full_matrices=False)[2]
    return np.asarray(vt[:n].T if n else vt.T)


def build(settings: Settings) -> Procrustes:
    """Make the aligner."""
    return Procrustes(settings.n_components, scaling=settings.scaling)
