"""MindAligner's Brain Transfer Matrix, with the closed forms beside it; whichever wins on validation is the map.

Beware: where a closed form wins, ``report()["shipped"]`` says so and the map is that one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from models.aligner import LinearMap
from models.alignment_link import Link, SolvedAligner
from models.fmri.mindaligner.candidates import Sides, contest
from models.fmri.mindaligner.training import Learning
from pipelines.errors import ModelError
from pipelines.plugins import PluginSettings

MIN_TRIALS = 10


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


class Scales:
    """Means and standard deviations of both sides."""

    def __init__(self, source: np.ndarray[Any, Any], target: np.ndarray[Any, Any]) -> None:
        self._source, self._target = _moments(source), _moments(target)

    def inward(self, source: np.ndarray[Any, Any], target: np.ndarray[Any, Any]) -> tuple[Any, Any]:
        """Standardise both."""
        (m, d), (n, e) = self._source, self._target
        return (source - m) / d, (target - n) / e

    def whole(self, found: LinearMap) -> LinearMap:
        """Return a map between standardised sides as one between the sides themselves."""
        (m, d), (n, e) = self._source, self._target
        matrix = found.matrix / d[:, None] * e
        return LinearMap(matrix, n + found.offset * e - m @ matrix)


def _moments(x: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    deviation = x.std(axis=0, dtype=np.float64)
    return x.mean(axis=0, dtype=np.float64), np.where(deviation > 0, deviation, 1.0)


def standardised(link: Link, validation: float) -> tuple[Sides, Scales]:
    """Return both sides as they are learnt from, and the scales that were taken out.

    Raises
    ------
    ModelError
        If there are fewer than ten trials to learn from.
    """
    scales = Scales(np.asarray(link.source), np.asarray(link.target))
    source, target = scales.inward(link.source, link.target)
    pairs = link.pairs
    seen = None if pairs is not None else link.embedded()
    n = len(source) if pairs is None else len(pairs)
    if n < MIN_TRIALS:
        raise ModelError(f"btm: {n} {'trials' if pairs is None else 'pairs'}: at least {MIN_TRIALS} are needed")
    order = np.random.default_rng(link.seed).permutation(n)
    n_validation = max(2, round(validation * n))
    train, held = np.sort(order[n_validation:]), np.sort(order[:n_validation])
    return Sides(source, target, seen, pairs, train, held), scales


def build(settings: Settings) -> Btm:
    """Make the aligner."""
    return Btm(settings)
