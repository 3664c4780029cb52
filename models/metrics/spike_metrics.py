"""How well rates explain counts: bits per spike, and co-smoothing (Pei et al. 2021, Neural Latents Benchmark)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln
from sklearn.linear_model import PoissonRegressor

from pipelines.errors import ModelError

Floats = NDArray[np.floating[Any]]
LEAST = 1e-9
"""Smallest rate (spikes in a bin) that is believed: a spike where the rate is 0 would cost infinitely much."""


def poisson_log_likelihood(rates: Floats, counts: Floats) -> float:
    """Return the sum of log P(counts | rates) in nats; both in spikes per bin, of one shape."""
    if rates.shape != counts.shape:
        raise ModelError(f"rates {rates.shape} and counts {counts.shape} differ in shape")
    r = np.maximum(np.asarray(rates, np.float64), LEAST)
    k = np.asarray(counts, np.float64)
    return float(np.sum(k * np.log(r) - r - gammaln(k + 1.0)))


def bits_per_spike(rates: Floats, counts: Floats) -> float:
    """Return what rates explain beyond each unit's own mean rate (bit per spike); NaN where nobody fires.

    Parameters
    ----------
    rates, counts
        (..., n_units), spikes per bin. The null model is the mean over all other axes of ``counts`` itself, as in the
        benchmark.
    """
    k = np.asarray(counts, np.float64)
    n_spikes = float(k.sum())
    if n_spikes == 0:
        return float("nan")
    mean = k.mean(axis=tuple(range(k.ndim - 1)), keepdims=True)
    null = np.broadcast_to(mean, k.shape)
    gain = poisson_log_likelihood(rates, k) - poisson_log_likelihood(null, k)
    return gain / n_spikes / float(np.log(2.0))


def co_smoothing(train: tuple[Floats, Floats], test: tuple[Floats, Floats], penalty: float = 1e-3) -> float:
    """Return bits per spike of units held out from the model, read from its latents by a Poisson regression each.

    Parameters
    ----------
    train, test
        Latents (n_trials, n_bins, n_latents), found without the held-out units, and counts of these units
        (n_trials, n_bins, n_units). The regression is learned on ``train`` and judged on ``test``.
    penalty
        On squared weights.
    """
    x, x_test = (part[0].reshape(-1, part[0].shape[-1]) for part in (train, test))
    k, k_test = (part[1].reshape(-1, part[1].shape[-1]) for part in (train, test))
    centre, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    rates = np.empty(k_test.shape)
    for unit in range(k.shape[1]):
        if not k[:, unit].any():
            rates[:, unit] = LEAST
            continue
        regression = PoissonRegressor(alpha=penalty, max_iter=300).fit((x - centre) / spread, k[:, unit])
        rates[:, unit] = regression.predict((x_test - centre) / spread)
    return bits_per_spike(rates, k_test)
