"""Prediction sets that hold the true class as often as promised, for people the decoder has not met.

Split-conformal sets (Vovk, Gammerman & Shafer 2005, Algorithmic Learning in a Random World; Papadopoulos et al. 2002,
ECML, LNAI 2430:345) whose unit is the person, since windows of one person resemble one another: every person counts
alike, and one more person, of whom nothing is known, counts against us (hierarchical conformal prediction: Dunn,
Wasserman & Ramdas 2022, J. Am. Stat. Assoc., arXiv 1809.07441; Lee, Barber & Willett 2023, arXiv 2306.06342). The
promise is kept by each class on its own (Vovk 2012, ACML, arXiv 1209.2673): it does not matter how often each occurs.

It is a promise on average over people: for a person whom the decoder misreads it fails, and nothing in the signal says
so beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.errors import CheckpointInvalid, ModelError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ConformalSets:
    """A class is in the set if its probability reaches the class's level; the most probable class always is.

    Parameters
    ----------
    error
        Share of windows, of each class, whose set may miss the true class.
    levels
        Smallest probability with which a class is in the set, by class.
    """

    error: float
    levels: tuple[float, ...]

    @classmethod
    def fit(cls, probabilities: Sequence[ArrayLike], labels: Sequence[ArrayLike], error: float) -> Self:
        """Learn the levels from people the decoder was not trained on.

        Parameters
        ----------
        probabilities
            For each person, shape (n_windows, n_classes).
        labels
            For each person, class numbers (n_windows,).
        error
            Promised share of misses, between 0 and 1.

        Raises
        ------
        ModelError
            If ``error`` is not between 0 and 1, or shapes do not fit.
        """
        if not 0 < error < 1:
            raise ModelError(f"conformal sets: error = {error}: must lie between 0 and 1")
        people = [_checked(p, y) for p, y in zip(probabilities, labels, strict=True)]
        n_classes = people[0][0].shape[1] if people else 0
        levels = [_level([p[y == c, c] for p, y in people if np.any(y == c)], error) for c in range(n_classes)]
        return cls(error, tuple(levels))

    def members(self, probabilities: ArrayLike) -> NDArray[np.bool_]:
        """Return which classes are in the set, in the shape of the probabilities (..., n_classes)."""
        p = np.asarray(probabilities, dtype=np.float64)
        return np.asarray((p >= np.array(self.levels)) | (p == p.max(axis=-1, keepdims=True)))

    def to_dict(self) -> dict[str, Any]:
        """Return the table for a checkpoint's card."""
        return {"error": self.error, "levels": list(self.levels)}

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], n_classes: int, where: str) -> Self:
        """Read the table of a card.

        Raises
        ------
        CheckpointInvalid
            If a key is missing or unknown, or there is not one level between 0 and 1 for each class.
        """
        if set(table) != {"error", "levels"}:
            raise CheckpointInvalid(f"{where}: needs the keys error and levels, has {', '.join(table) or 'none'}")
        levels = table["levels"]
        right = isinstance(levels, list | tuple) and len(levels) == n_classes and all(map(_is_share, levels))
        if not right or not _is_share(table["error"]):
            raise CheckpointInvalid(
                f"{where}: needs an error rate and {n_classes} levels between 0 and 1: {dict(table)}"
            )
        return cls(float(table["error"]), tuple(float(level) for level in levels))


def _level(own: Sequence[Floats], error: float) -> float:
    """Return the largest level that at most ``error`` of the weight lies below; the unknown person is all below.

    With too few people for the promise that is 0: no class can be ruled out.
    """
    allowed = error * (len(own) + 1) - 1.0
    if allowed < -1e-12:
        return 0.0
    values = np.concatenate(own)
    weights = np.concatenate([np.full(len(p), 1.0 / len(p)) for p in own])
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order]) - weights[order]
    return float(values[order][np.flatnonzero(below <= allowed + 1e-12)[-1]])


def _checked(probabilities: ArrayLike, labels: ArrayLike) -> tuple[Floats, NDArray[np.int64]]:
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(labels, dtype=np.int64)
    if p.ndim != 2 or y.shape != p.shape[:1] or not np.isfinite(p).all():
        raise ModelError(
            f"conformal sets: needs finite probabilities (n, n_classes) and labels (n,), got {p.shape} and {y.shape}"
        )
    return p, y


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
