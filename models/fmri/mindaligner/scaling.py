"""Both subjects in standard deviations of their trials, and a map between them taken back to their own units."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.aligner import LinearMap
from models.alignment_link import Link
from models.fmri.mindaligner.candidates import Sides
from pipelines.errors import ModelError

MIN_TRIALS = 10


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
