"""Maps between covariances: what re-centring of one subject to another is as a linear operator."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.aligner import Floats, LinearMap
from models.alignment_link import centred_map
from models.tangent_space import shrink
from models.window_features import oas_covariances

SMALLEST = 1e-12
"""Eigenvalues below this share of the largest have no direction of their own: they are not blown up."""


def covariances(x: Floats) -> NDArray[np.float64]:
    """Return one shrunk covariance (OAS) for each epoch, or one for all rows of (n_trials, n_units)."""
    epochs = x if x.ndim == 3 else (x - x.mean(axis=0)).T[None]
    return np.asarray(oas_covariances(epochs), dtype=np.float64)


def recentring(
    source_covariance: NDArray[np.float64],
    target_covariance: NDArray[np.float64],
    source: Floats,
    target: Floats,
    shrinkage: float,
) -> LinearMap:
    """Return the map that turns one covariance into the other, and the mean of source into that of target."""
    first, second = (shrink(c, shrinkage) if shrinkage else c for c in (source_covariance, target_covariance))
    matrix = power(first, -0.5) @ power(second, 0.5)
    over = (0,) if source.ndim == 2 else (0, 2)
    return centred_map(matrix, source.mean(axis=over, dtype=np.float64), target.mean(axis=over, dtype=np.float64))


def power(covariance: NDArray[Any], exponent: float) -> NDArray[np.float64]:
    """Return a power of a covariance (n, n); directions that it lacks stay empty."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > SMALLEST * values[-1]
    powers = np.where(kept, np.where(kept, values, 1.0) ** exponent, 0.0)
    return np.asarray((vectors * powers) @ vectors.T, dtype=np.float64)
