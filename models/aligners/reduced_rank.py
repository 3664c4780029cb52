"""Reduced-rank ridge: the closed form of a transfer matrix with a bottleneck; rank and strength by validation."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from models.aligner import LinearMap
from models.alignment_link import Link, SolvedAligner
from models.ridge_map import reduced_rank_map
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """The bottleneck."""

    rank: int = Field(0, ge=0, description="Rank of the map; 0: chosen on folds of the observations.")
    n_folds: int = Field(5, ge=2, description="Folds on which rank and strength are chosen.")


class ReducedRank(SolvedAligner):
    """Map of low rank from matched observations."""

    name = "reduced_rank"

    def __init__(self, rank: int, n_folds: int) -> None:
        super().__init__()
        self._rank, self._n_folds = rank, n_folds

    def solve(self, link: Link) -> tuple[LinearMap, dict[str, Any]]:
        """Return the regression."""
        return reduced_rank_map(*link.matched(), self._rank, self._n_folds, link.seed)


def build(settings: Settings) -> ReducedRank:
    """Make the aligner."""
    return ReducedRank(settings.rank, settings.n_folds)
