"""Each unit scaled and shifted to the mean and deviation that it has in the target. No link is needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.aligner import LinearMap
from models.alignment_link import Link, SolvedAligner, centred_map
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Nothing to choose."""


class ZScore(SolvedAligner):
    """Diagonal map between the same units."""

    name = "zscore"

    def solve(self, link: Link) -> tuple[LinearMap, dict[str, Any]]:
        """Return the diagonal map."""
        link.same_units()
        over = (0,) if link.source.ndim == 2 else (0, 2)
        source, target = (
            (x.mean(axis=over, dtype=np.float64), x.std(axis=over, dtype=np.float64))
            for x in (link.source, link.target)
        )
        gain = target[1] / np.where(source[1] > 0, source[1], 1.0)
        return centred_map(np.diag(gain), source[0], target[0]), {}


def build(settings: Settings) -> ZScore:
    """Make the aligner."""
    return ZScore()
