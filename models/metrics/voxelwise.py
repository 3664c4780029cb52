"""How well each unit's course across stimuli is predicted, and how well it could be."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
MIN_CEILING = 0.1
"""Units whose noise ceiling (as a correlation) is lower have no score over it: the quotient would be noise."""


def correlation(truth: Floats, predicted: Floats) -> NDArray[np.float64]:
    """Return each unit's correlation across stimuli (n_units,) of two (n_stimuli, n_units); 0 where one is constant."""
    a, b = (np.asarray(x, dtype=np.float64) - x.mean(axis=0, dtype=np.float64) for x in (truth, predicted))
    # A constant differs from its own mean by rounding alone.
    sizes = [np.where(np.ptp(x, axis=0) > 0, np.sqrt((c**2).sum(axis=0)), 0.0) for x, c in ((truth, a), (predicted, b))]
    size = sizes[0] * sizes[1]
    return np.where(size > 0, (a * b).sum(axis=0) / np.where(size > 0, size, 1.0), 0.0)


def r_squared(truth: Floats, predicted: Floats) -> NDArray[np.float64]:
    """Return each unit's share of variance across stimuli explained (n_units,); below 0: worse than the mean."""
    error = ((truth - predicted) ** 2).sum(axis=0, dtype=np.float64)
    total = ((truth - truth.mean(axis=0)) ** 2).sum(axis=0, dtype=np.float64)
    return np.where(total > 0, 1.0 - error / np.where(total > 0, total, 1.0), 0.0)


def noise_ceiling(ncsnr: Floats, n_averaged: int = 1) -> NDArray[np.float64]:
    """Return the variance that can be explained, 0 to 1, in means of so many trials (Allen et al. 2022, Methods).

    Its square root is the highest correlation that can be expected.
    """
    ratio = np.asarray(ncsnr, dtype=np.float64) ** 2
    return ratio / (ratio + 1.0 / n_averaged)


def over_ceiling(score: Floats, ncsnr: Floats, n_averaged: int = 1) -> NDArray[np.float64]:
    """Return correlations over the highest that can be expected; NaN below :data:`MIN_CEILING` or where unknown."""
    ceiling = np.sqrt(noise_ceiling(ncsnr, n_averaged))
    return np.where(ceiling >= MIN_CEILING, score / np.maximum(ceiling, MIN_CEILING), np.nan)


def ncsnr_of(values: Floats, stimuli: NDArray[np.str_]) -> NDArray[np.float64]:
    """Estimate the noise-ceiling signal-to-noise ratio (n_units,) of repeated trials (Allen et al. 2022, Methods).

    Parameters
    ----------
    values
        (n_trials, n_units), standardised within sessions.
    stimuli
        Stimulus of each trial; those seen once do not count. NaN if none was seen twice.
    """
    _, which, counts = np.unique(stimuli, return_inverse=True, return_counts=True)
    kept = counts[which] > 1
    if not kept.any():
        return np.full(values.shape[1], np.nan)
    noise = _trial_variance(values, stimuli)
    signal = np.maximum(np.asarray(values[kept], dtype=np.float64).var(axis=0) - noise, 0.0)
    return np.asarray(np.sqrt(signal / np.where(noise > 0, noise, 1.0)))


def trial_covariance(values: Floats, stimuli: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return the covariance of trials about the mean of their stimulus (n_units, n_units), without bias."""
    deviations, freedom = _deviations(values, stimuli)
    return deviations.T @ deviations / max(freedom, 1)


def _trial_variance(values: Floats, stimuli: NDArray[np.str_]) -> NDArray[np.float64]:
    deviations, freedom = _deviations(values, stimuli)
    return np.asarray((deviations**2).sum(axis=0) / max(freedom, 1))


def _deviations(values: Floats, stimuli: NDArray[np.str_]) -> tuple[NDArray[np.float64], int]:
    names, which, counts = np.unique(stimuli, return_inverse=True, return_counts=True)
    sums = np.zeros((len(names), values.shape[1]))
    np.add.at(sums, which, values)
    return values - (sums / counts[:, None])[which], len(values) - len(names)
