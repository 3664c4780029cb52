"""No alignment at all: the baseline every other must beat. Both sides have the same units."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.aligner import LinearMap
from models.alignment_link import Link, SolvedAligner
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Nothing to choose."""


class Identity(SolvedAligner):
    """Units stay what they are."""

    name = "identity"

    def solve(self, link: Link) -> tuple[LinearMap, dict[str, Any]]:
        """Return the identity."""
        n = link.same_units()
        return LinearMap(np.eye(n), np.zeros(n)), {}


def build(settings: Settings) -> Identity:
    """Make the aligner."""
    return Identity()
