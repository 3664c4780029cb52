"""Ridge regression of the target on the source; its strength by leave-one-out error."""

from __future__ import annotations

from typing import Any

from models.aligner import LinearMap
from models.alignment_link import Link, SolvedAligner
from models.ridge_map import ridge_map
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Nothing to choose."""


class Ridge(SolvedAligner):
    """Map from matched observations."""

    name = "ridge"

    def solve(self, link: Link) -> tuple[LinearMap, dict[str, Any]]:
        """Return the regression."""
        return ridge_map(*link.matched())


def build(settings: Settings) -> Ridge:
    """Make the aligner."""
    return Ridge()
