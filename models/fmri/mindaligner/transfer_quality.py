"""Where a transfer takes its information from: weights as published, and patterns, which may be interpreted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.aligner import LinearMap

Floats = NDArray[np.floating[Any]]
SMALLEST = 1e-9
"""Singular values of a map below this share of the largest do not count."""


def weight_quality(found: LinearMap) -> NDArray[np.float64]:
    """Return the published measure of each source unit (n_source,): the sum of its absolute weights.

    It grows as a unit's scale shrinks, and a unit that only cancels another's noise has weight without information.
    """
    return np.asarray(np.abs(found.matrix).sum(axis=1))


def pattern_quality(found: LinearMap, source: Floats) -> NDArray[np.float64]:
    """Return the share of each source unit's variance (n_source,) that the transferred numbers explain, 0 to 1.

    Haufe et al. (2014, NeuroImage 87:96): patterns are Cov(x) W Cov(W'x)^-1, not the weights W. Their explained
    variance depends neither on units' scales nor on the basis of the numbers in between.

    Parameters
    ----------
    source
        Trials (n_trials, n_source).
    """
    u, s, _ = np.linalg.svd(found.matrix, full_matrices=False)
    weights = u[:, s > SMALLEST * s[0]] * s[s > SMALLEST * s[0]]
    centred = np.asarray(source, dtype=np.float64) - source.mean(axis=0)
    numbers = centred @ weights
    cross = centred.T @ numbers / len(centred)
    inner = numbers.T @ numbers / len(centred)
    explained = (cross * np.linalg.lstsq(inner, cross.T, rcond=None)[0].T).sum(axis=1)
    variance = centred.var(axis=0)
    return np.where(variance > 0, explained / np.where(variance > 0, variance, 1.0), 0.0)


def spatial_correlation(aligned: Floats, target: Floats) -> NDArray[np.float64]:
    """Return each trial's correlation across units (n_trials,) of aligned and target patterns.

    Beware: across units a static pattern dominates it, unless every unit is standardised.
    """
    a, b = (x - x.mean(axis=1, keepdims=True) for x in (aligned, target))
    size = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.asarray((a * b).sum(axis=1) / np.where(size > 0, size, 1.0), dtype=np.float64)
