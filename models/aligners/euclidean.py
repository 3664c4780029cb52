"""Re-centring to the target: the arithmetic mean covariance of source trials becomes that of target trials.

Euclidean alignment (He and Wu 2020, IEEE Trans. Biomed. Eng. 67:399) whitens every subject; here the source is whitened
and given the target's covariance, so that a decoder of the target serves unchanged. No link is needed.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from models.aligner import LinearMap
from models.alignment_link import Link, SolvedAligner
from models.covariance_map import covariances, recentring
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """How strongly covariances are pulled to the identity."""

    shrinkage: float = Field(0.0, ge=0, le=1, description="Share of the scaled identity in each mean covariance.")


class Euclidean(SolvedAligner):
    """Symmetric whitening and colouring."""

    name = "euclidean"

    def __init__(self, shrinkage: float) -> None:
        super().__init__()
        self._shrinkage = shrinkage

    def solve(self, link: Link) -> tuple[LinearMap, dict[str, Any]]:
        """Return the map between mean covariances."""
        link.same_units()
        means = [covariances(x).mean(axis=0) for x in (link.source, link.target)]
        return recentring(means[0], means[1], link.source, link.target, self._shrinkage), {}


def build(settings: Settings) -> Euclidean:
    """Make the aligner."""
    return Euclidean(settings.shrinkage)
