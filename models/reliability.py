"""How often what is said with probability p comes true: the reliability diagram and what it leaves of calibration.

Sources: Murphy & Winkler 1977, Appl. Stat. 26:41 (the diagram); Guo et al. 2017, ICML, arXiv 1706.04599 (the error).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.selective import balanced_weights

Floats = NDArray[np.float64]
N_BINS = 10


@dataclass(frozen=True, slots=True)
class Reliability:
    """Equal-width bins of p of the second class; shape (n_bins,) each, NaN where a bin is empty.

    Parameters
    ----------
    predicted, observed
        Mean p, and share of the second class.
    share
        Weight of the bin.
    """

    predicted: Floats
    observed: Floats
    share: Floats

    @classmethod
    def of(cls, probabilities: Sequence[ArrayLike], labels: Sequence[ArrayLike], *, equal_odds: bool = True) -> Self:
        """Measure on people.

        Parameters
        ----------
        probabilities
            Of the second class, for each person (n_windows,).
        labels
            0 and 1, for each person (n_windows,).
        equal_odds
            Whether people count alike, and a person's classes too, as if either state were as likely; otherwise each
            window counts once.
        """
        p = np.concatenate([np.asarray(q, dtype=np.float64) for q in probabilities])
        y = np.concatenate([np.asarray(q, dtype=np.float64) for q in labels])
        weights = np.concatenate([balanced_weights(q) for q in labels]) if equal_odds else np.ones(p.size)
        bins = np.minimum((p * N_BINS).astype(np.int64), N_BINS - 1)
        total = np.bincount(bins, weights, N_BINS)
        sums = (np.bincount(bins, weights * values, N_BINS) for values in (p, y))
        predicted, observed = (np.divide(s, total, np.full(N_BINS, np.nan), where=total > 0) for s in sums)
        return cls(predicted, observed, total / total.sum())

    @property
    def error(self) -> float:
        """Expected calibration error: mean gap, weighted by the share of the bins."""
        return float(np.nansum(self.share * np.abs(self.predicted - self.observed)))
