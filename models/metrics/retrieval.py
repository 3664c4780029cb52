"""Finding the right item among others by correlation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ModelError

Floats = NDArray[np.floating[Any]]


def similarities(predicted: Floats, truth: Floats) -> NDArray[np.float64]:
    """Return correlations across units (n_items, n_items): row i is what was predicted for item i."""
    first, second = (_normalised(x) for x in (predicted, truth))
    return first @ second.T


def top_k(
    predicted: Floats, truth: Floats, k: int = 1, n_candidates: int | None = None, n_draws: int = 30, seed: int = 0
) -> float:
    """Return how often the right item is among the ``k`` most similar.

    Parameters
    ----------
    predicted, truth
        (n_items, n_units), row by row the same items. Ties count against it, so that a constant is below chance.
    n_candidates
        Among so many drawn at random, ``n_draws`` times; None: among all, once. Chance is ``k / n_candidates``.

    Raises
    ------
    ModelError
        If there are fewer items than candidates.
    """
    return float(np.mean(ranks(predicted, truth, n_candidates, n_draws, seed) < k))


def ranks(
    predicted: Floats, truth: Floats, n_candidates: int | None = None, n_draws: int = 30, seed: int = 0
) -> NDArray[np.int64]:
    """Return the right item's rank, 0 the best, for every item of every draw."""
    found = similarities(predicted, truth)
    n = len(found)
    if n_candidates is None or n_candidates == n:
        return _ranks(found)
    if n_candidates > n:
        raise ModelError(f"retrieval among {n_candidates} candidates needs as many items; there are {n}")
    rng = np.random.default_rng(seed)
    draws = [rng.choice(n, n_candidates, replace=False) for _ in range(n_draws)]
    return np.concatenate([_ranks(found[np.ix_(rows, rows)]) for rows in draws])


def two_way(predicted: Floats, truth: Floats) -> float:
    """Return the share of wrong items less similar to the prediction than the right one; chance is one half."""
    found = similarities(predicted, truth)
    n = len(found)
    right = np.diag(found)[:, None]
    off = ~np.eye(n, dtype=bool)
    return float(((found < right) + 0.5 * (found == right))[off].mean())


def _ranks(found: NDArray[np.float64]) -> NDArray[np.int64]:
    right = np.diag(found)[:, None]
    return np.asarray((found >= right).sum(axis=1) - 1, dtype=np.int64)


def _normalised(x: Floats) -> NDArray[np.float64]:
    centred = np.asarray(x, dtype=np.float64) - x.mean(axis=1, keepdims=True, dtype=np.float64)
    size = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(centred / np.where(size > 0, size, 1.0), dtype=np.float64)
