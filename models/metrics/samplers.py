"""Whether draws look like trials. Never the squared error alone: an exact sampler has twice that of its mean."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from pipelines.errors import ModelError

Floats = NDArray[np.floating[Any]]
ROUNDING = 1e-9
"""A variance of samples below this share of that of trials is none."""


def energy_score(samples: Floats, truth: Floats) -> NDArray[np.float64]:
    """Return each trial's energy score (n_trials,); lower is better (Gneiting and Raftery 2007, eq. 21).

    Parameters
    ----------
    samples
        (n_samples, n_trials, n_units), two samples or more; the term between samples is without bias.
    truth
        (n_trials, n_units).

    Raises
    ------
    ModelError
        If there is one sample only, or shapes differ.
    """
    if len(samples) < 2 or samples.shape[1:] != truth.shape:
        raise ModelError(f"energy score: samples are {samples.shape}, trials {truth.shape}; two samples are needed")
    distance = np.linalg.norm(np.asarray(samples, dtype=np.float64) - truth, axis=2).mean(axis=0)
    between = np.array([pdist(samples[:, i].astype(np.float64)).mean() for i in range(len(truth))])
    return np.asarray(distance - 0.5 * between)


def coverage(samples: Floats, truth: Floats, level: float = 0.9) -> NDArray[np.float64]:
    """Return how often each unit's trials (n_units,) lie in the central interval of their samples.

    Quantiles stand at k / (n_samples + 1), so that an exact sampler covers ``level`` with few samples too.

    Raises
    ------
    ModelError
        If there are too few samples for such an interval.
    """
    needed = int(np.ceil(2.0 / (1.0 - level) - 1e-9)) - 1
    if len(samples) < needed:
        raise ModelError(f"coverage of {level:g}: {needed} samples are needed, there are {len(samples)}")
    edge = 0.5 * (1.0 - level)
    low, high = np.quantile(samples, [edge, 1.0 - edge], axis=0, method="weibull")
    return np.asarray(((truth >= low) & (truth <= high)).mean(axis=0, dtype=np.float64))


def pit(samples: Floats, truth: Floats, seed: int = 0) -> NDArray[np.float64]:
    """Return the probability integral transform (n_trials, n_units), uniform on 0 to 1 for an exact sampler."""
    below = (samples < truth).sum(axis=0)
    return np.asarray((below + np.random.default_rng(seed).random(truth.shape)) / (len(samples) + 1.0))


def pit_distance(samples: Floats, truth: Floats, seed: int = 0) -> float:
    """Return the largest difference of the PIT's distribution from the uniform one, all units together."""
    values = np.sort(pit(samples, truth, seed).ravel())
    steps = np.arange(len(values) + 1) / len(values)
    return float(max(np.abs(values - steps[1:]).max(), np.abs(values - steps[:-1]).max()))


def sample_covariance(samples: Floats) -> NDArray[np.float64]:
    """Return the covariance of draws about their trial's mean (n_units, n_units), pooled over trials."""
    deviations = np.asarray(samples, dtype=np.float64) - samples.mean(axis=0, dtype=np.float64)
    flat = deviations.reshape(-1, samples.shape[2])
    return np.asarray(flat.T @ flat / (len(flat) * (1.0 - 1.0 / len(samples))))


def variance_ratio(samples: Floats, covariance: Floats) -> NDArray[np.float64]:
    """Return each unit's variance among samples over that of trials (n_units,).

    Parameters
    ----------
    covariance
        Of trials about the mean of their stimulus (n_units, n_units): known, or ``voxelwise.trial_covariance``.
    """
    deviations = np.asarray(samples, dtype=np.float64) - samples.mean(axis=0, dtype=np.float64)
    found = (deviations**2).mean(axis=(0, 1)) / (1.0 - 1.0 / len(samples))
    return np.asarray(found / np.diag(covariance))


def noise_correlation_match(samples: Floats, covariance: Floats) -> float:
    """Return how the samples' noise correlations agree with those of trials: r over pairs of units."""
    upper = np.triu_indices(len(covariance), 1)
    found = sample_covariance(samples)
    if np.trace(found) < ROUNDING * np.trace(covariance):
        return 0.0  # samples that do not vary have no correlations
    first, second = (_correlations(c)[upper] for c in (found, covariance))
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _correlations(covariance: Floats) -> NDArray[np.float64]:
    deviation = np.sqrt(np.diag(covariance))
    deviation = np.where(deviation > 0, deviation, 1.0)
    return np.asarray(covariance / np.outer(deviation, deviation), dtype=np.float64)
