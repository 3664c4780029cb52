"""Encoder bridge: no trial need be shared. The target's encoder says what it would answer to the source's stimuli.

An encoder from features to responses is fitted on the target, which has data in plenty; it predicts the target's
response to each stimulus of the source; the source is regressed onto these predictions. The baseline to beat without
pairs.
"""

from __future__ import annotations

from typing import Any

from models.aligner import LinearMap
from models.alignment_link import Link, SolvedAligner
from models.ridge_map import ridge_map
from pipelines.errors import ModelError
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Nothing to choose."""


class Bridge(SolvedAligner):
    """Ridge onto what a ridge encoder predicts."""

    name = "bridge"

    def solve(self, link: Link) -> tuple[LinearMap, dict[str, Any]]:
        """Return the second regression; embeddings, or labels as one column for each class, are the features.

        Raises
        ------
        ModelError
            If the trials are epochs: their courses are not one response.
        """
        if link.source.ndim != 2:
            raise ModelError("bridge: needs one response for each trial (n_trials, n_units), not epochs")
        seen, known = link.embedded()
        encoder, _ = ridge_map(known, link.target.astype(float))
        found, figures = ridge_map(link.source.astype(float), encoder(seen))
        return found, figures


def build(settings: Settings) -> Bridge:
    """Make the aligner."""
    return Bridge()
