"""Intervals of metrics over stimuli: rows are drawn with replacement and the metric is taken again.

Intervals over people are those of :func:`models.statistics.interval`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


def over_stimuli(
    metric: Callable[..., float], *arrays: Floats, n_draws: int = 500, seed: int = 0, level: float = 0.95
) -> tuple[float, float]:
    """Return the percentile interval of ``metric(*arrays)``.

    Parameters
    ----------
    metric
        Takes arrays whose first axis is stimuli. Not for retrieval: an item drawn twice is its own distractor.
    arrays
        Of the same stimuli, row by row.
    """
    rng = np.random.default_rng(seed)
    n = len(arrays[0])
    draws = [metric(*(a[rows] for a in arrays)) for rows in rng.integers(0, n, (n_draws, n))]
    low, high = np.percentile(draws, [50 * (1 - level), 50 * (1 + level)])
    return float(low), float(high)
