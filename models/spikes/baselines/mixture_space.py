"""An orthogonal map found without labels: trials are taken as a mixture of the conditions of another animal.

A trial of the unseen animal, once turned, is one of the mean courses of the learned animal plus noise; which one is
not known. Responsibilities and rotation are found in turn (expectation maximisation), from many random beginnings,
under a temperature that falls; the beginning with the highest likelihood is kept. The time course that all conditions
share is part of every mean, so it steers the rotation too. Conditions are taken as equally frequent.

Where conditions lie on a ring that looks the same from everywhere, the ring may come out turned: nothing in the data
says which way it points. What is found is then right up to that turn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
N_STARTS, N_STEPS = 40, 40
HOTTEST, COOL_AFTER = 10.0, 0.6
"""First temperature, and the share of the steps after which it is 1."""
NOISE = 2.0
"""What the learned animal's variance around its means is multiplied by: another animal's trials fit less well."""


def by_mixture(source: Doubles, means: Doubles, variance: float, seed: int = 0) -> Doubles:
    """Return the orthogonal matrix (n_latents, n_latents) that turns the source onto the means.

    Parameters
    ----------
    source
        White latents (n_trials, n_bins, n_latents) without labels.
    means
        Mean courses (n_conditions, n_bins, n_latents) of the learned animal.
    variance
        Of its trials around them, per value.
    seed
        Of the beginnings.
    """
    luck = np.random.default_rng(seed)
    found = [_climb(source, means, NOISE * variance, luck) for _ in range(N_STARTS)]
    return max(found, key=lambda pair: pair[0])[1]


def nearest(turned: Doubles, means: Doubles) -> NDArray[np.intp]:
    """Return the number of the mean course that each trial (n_trials, n_bins, n_latents) is nearest to."""
    return np.asarray(np.argmin(_misfit(turned, means), axis=1))


def _climb(source: Doubles, means: Doubles, variance: float, luck: np.random.Generator) -> tuple[float, Doubles]:
    n_trials, n_conditions = len(source), len(means)
    share = luck.dirichlet(np.full(n_conditions, 0.5), n_trials)
    matrix, misfit = np.eye(source.shape[2]), np.zeros_like(share)
    for step in range(N_STEPS):
        matrix = _rotation(source, means, share)
        misfit = _misfit(source @ matrix, means) / (2 * variance)
        temperature = max(1.0, HOTTEST * (1 - step / (COOL_AFTER * N_STEPS)))
        share = np.exp(-(misfit - misfit.min(axis=1, keepdims=True)) / temperature)
        share /= share.sum(axis=1, keepdims=True)
        share *= n_trials / n_conditions / np.maximum(share.sum(axis=0, keepdims=True), 1e-12)
        share /= np.maximum(share.sum(axis=1, keepdims=True), 1e-12)
    return float(np.logaddexp.reduce(-misfit, axis=1).sum()), matrix


def _rotation(source: Doubles, means: Doubles, share: Doubles) -> Doubles:
    expected = share @ means.reshape(len(means), -1)
    n_latents = source.shape[2]
    left, _, right = np.linalg.svd(source.reshape(-1, n_latents).T @ expected.reshape(-1, n_latents))
    return np.asarray(left @ right)


def _misfit(turned: Doubles, means: Doubles) -> Doubles:
    """Return squared distances (n_trials, n_conditions) of whole courses."""
    x, y = turned.reshape(len(turned), -1), means.reshape(len(means), -1)
    return np.asarray(np.sum(x**2, axis=1)[:, None] + np.sum(y**2, axis=1)[None] - 2 * x @ y.T)
