"""What may be said of a mean over people: bootstrap intervals, paired comparisons, correction for many of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

N_DRAWS = 10000
EXACT_UP_TO = 12
"""With so many people or fewer all sign flips are tried; with more, ``N_DRAWS`` random ones."""


def interval(values: NDArray[np.float64], seed: int = 0, n_draws: int = N_DRAWS) -> tuple[float, float]:
    """Return the 95 % interval of the mean of values (n_subjects,), drawing subjects with replacement.

    NaN for fewer than two subjects: one person says nothing of others.
    """
    if len(values) < 2:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    means = values[rng.integers(0, len(values), (n_draws, len(values)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One model against another on the same people.

    Parameters
    ----------
    difference
        Mean over people of first less second.
    low, high
        Its 95 % bootstrap interval.
    p
        Two-sided p of a sign-flip permutation test of the mean; NaN for fewer than two people.
    p_adjusted
        The same after Holm's correction over all comparisons made together.
    n, wins
        People compared, and those for whom the first is better.
    """

    difference: float
    low: float
    high: float
    p: float
    p_adjusted: float
    n: int
    wins: int


def compare(
    pairs: Mapping[tuple[str, str], tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> dict[tuple[str, str], Comparison]:
    """Compare models pair by pair.

    Parameters
    ----------
    pairs
        Two arrays (n_subjects,) each, in the same order of people; people with a NaN on either side are left out.
    """
    raw = {}
    for names, (first, second) in pairs.items():
        delta = (first - second)[np.isfinite(first - second)]
        raw[names] = (delta, sign_flip_p(delta))
    adjusted = holm([p for _, p in raw.values()])
    found = {}
    for (names, (delta, p)), corrected in zip(raw.items(), adjusted, strict=True):
        low, high = interval(delta)
        mean = float(delta.mean()) if delta.size else float("nan")
        found[names] = Comparison(mean, low, high, p, corrected, len(delta), int(np.count_nonzero(delta > 0)))
    return found


def sign_flip_p(delta: NDArray[np.float64], seed: int = 0) -> float:
    """Two-sided p that the mean of paired differences (n_subjects,) is 0, by flipping signs at random."""
    n = len(delta)
    if n < 2:
        return float("nan")
    if n <= EXACT_UP_TO:
        signs = np.array(list(product((1.0, -1.0), repeat=n)))
        return float(np.mean(np.abs(signs @ delta) >= abs(delta.sum()) * (1 - 1e-12)))
    signs = np.random.default_rng(seed).choice((1.0, -1.0), (N_DRAWS, n))
    # The observed one is among those possible (Phipson and Smyth 2010): p is never 0.
    return float((1 + np.count_nonzero(np.abs(signs @ delta) >= abs(delta.sum()) * (1 - 1e-12))) / (1 + N_DRAWS))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p values for their number (Holm 1979); NaN stays and does not count."""
    p = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(p.size, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    factors = np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1.0)
    return [float(value) for value in adjusted]


def transfer_score(pretrained: float, scratch: float, best_possible: float = 1.0) -> float:
    """What pre-training is worth: mean of the gain relative to scratch and the gain relative to what could be gained.

    AdaBrain-Bench builds its score from these two parts; its formula is not published, so values are not comparable
    with theirs.
    """
    if scratch <= 0 or scratch >= best_possible:
        return float("nan")
    gain = pretrained - scratch
    return 0.5 * (gain / scratch + gain / (best_possible - scratch))
