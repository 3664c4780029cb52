"""Optimal transport of units: each source unit is spread over target units with a like course (Bazeille et al. 2019).

Entropic transport (Sinkhorn, POT) between the two sets of units; the cost is the squared distance of their standardised
courses over matched observations. Rows of the plan are weights, so that a target unit is a mean of source units.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.aligner import LinearMap
from models.alignment_link import Link, SolvedAligner, centred_map
from pipelines.errors import MissingDependency
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """How far units are spread."""

    regularisation: float = Field(0.02, gt=0, description="Entropic regularisation, as a share of the median cost.")
    n_iterations: int = Field(2000, ge=1, description="At most so many rounds of Sinkhorn.")


class OptimalTransport(SolvedAligner):
    """Barycentric map of a transport plan, from matched observations."""

    name = "ot"

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    def solve(self, link: Link) -> tuple[LinearMap, dict[str, Any]]:
        """Return the plan as a map; gains are those of each unit's deviation.

        Raises
        ------
        MissingDependency
            If POT is not installed.
        """
        try:
            import ot
        except ModuleNotFoundError as exc:
            raise MissingDependency("the aligner 'ot' needs POT: pip install 'bci-app[fmri]'") from exc
        first, second = link.matched()
        (x, gain_x), (y, gain_y) = _standard(first), _standard(second)
        cost = (x**2).sum(axis=0)[:, None] + (y**2).sum(axis=0) - 2 * x.T @ y
        cost /= max(float(np.median(cost)), np.finfo(np.float64).tiny)
        n, m = cost.shape
        plan = ot.sinkhorn(
            np.full(n, 1 / n), np.full(m, 1 / m), cost, self._settings.regularisation, method="sinkhorn_log",
            numItermax=self._settings.n_iterations, stopThr=1e-6, warn=False,
        )  # fmt: skip
        weights = plan / plan.sum(axis=0)
        matrix = weights / gain_x[:, None] * gain_y
        spread = float(np.exp(-(weights * np.log(weights + 1e-300)).sum(axis=0)).mean())
        return centred_map(matrix, first.mean(axis=0), second.mean(axis=0)), {"units_in_a_mean": spread}


def _standard(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    centred = x - x.mean(axis=0)
    size = np.sqrt((centred**2).mean(axis=0))
    gain = np.where(size > 0, size, 1.0)
    return centred / gain, gain


def build(settings: Settings) -> OptimalTransport:
    """Make the aligner."""
    return OptimalTransport(settings)
