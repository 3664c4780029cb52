"""MindAligner's Brain Transfer Matrix, with the closed forms beside it; whichever wins on validation is the map.

Beware: where a closed form wins, ``report()["shipped"]`` says so and the map is that one.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from models.aligner import LinearMap
from models.alignment_link import Link, SolvedAligner
from models.fmri.mindaligner.candidates import contest
from models.fmri.mindaligner.scaling import standardised
from models.fmri.mindaligner.training import Learning
from pipelines.errors import ModelError
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """The matrix, and how it is learnt."""

    rank: int = Field(0, ge=0, description="Of the matrix; 0: that of the closed form, chosen on folds.")
    validation: float = Field(0.2, gt=0, lt=1, description="Share of the source's trials that choose.")
    ship: str = Field("", description="btm or a closed form's name: always that one; empty: the winner.")
    learning: Learning = Field(Learning(), description="How gradients find the map.")


class Btm(SolvedAligner):
    """Gradients against closed forms."""

    name = "btm"

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    def solve(self, link: Link) -> tuple[LinearMap, dict[str, Any]]:
        """Return the winner on validation trials.

        Raises
        ------
        ModelError
            If trials are epochs, too few, or not linked by pairs, embeddings or labels.
        """
        if link.source.ndim != 2:
            raise ModelError("btm: needs one response for each trial (n_trials, n_units), not epochs")
        s, (sides, scales) = self._settings, standardised(link, self._settings.validation)
        found = contest(sides, s.rank, s.learning, link.seed, s.ship)
        report = {
            "rank": found.rank, "shipped": found.shipped, "validation_error": found.figures,
            "epochs": len(found.learnt.history.loss),
        }  # fmt: skip
        return scales.whole(found.map), report


def build(settings: Settings) -> Btm:
    """Make the aligner."""
    return Btm(settings)
