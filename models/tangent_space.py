"""Covariances re-centred on a reference and laid flat in the tangent space there.

Tangent space: Barachant et al. 2013, Neurocomputing 112:172. Re-centring on a person's rest: Zanini et al. 2018, IEEE
Trans. Biomed. Eng. 65:1107.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

EIGENVALUE_FLOOR = 1e-10
MAX_STEPS, TOLERANCE = 50, 1e-8


def shrink(covariances: NDArray[np.float64], amount: float) -> NDArray[np.float64]:
    """Mix matrices (..., n, n) with a multiple of the identity of equal trace.

    Interpolated channels and an average reference make covariances singular; a little of the identity mends that.
    """
    n = covariances.shape[-1]
    level = np.trace(covariances, axis1=-2, axis2=-1)[..., None, None] / n
    mixed: NDArray[np.float64] = (1.0 - amount) * covariances + (amount * level + 1e-12) * np.eye(n)
    return mixed


def inverse_root(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inverse square roots of positive definite matrices (..., n, n)."""
    return _on_eigenvalues(matrices, lambda values: 1.0 / np.sqrt(values))


def riemann_mean(covariances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the affine-invariant mean (..., n, n) of positive definite matrices (n_matrices, ..., n, n).

    Fixed-point iteration of Moakher 2005, SIAM J. Matrix Anal. Appl. 26:735: the mean is where the mean of the tangent
    vectors vanishes.
    """
    mean: NDArray[np.float64] = covariances.mean(axis=0)
    for _ in range(MAX_STEPS):
        root = _on_eigenvalues(mean, np.sqrt)
        whitener = inverse_root(mean)
        step = _on_eigenvalues(whitener @ covariances @ whitener, _safe_log).mean(axis=0)
        mean = root @ _on_eigenvalues(step, np.exp) @ root
        # Rounding must not make the next eigendecomposition see another matrix than the one meant.
        mean = 0.5 * (mean + np.swapaxes(mean, -1, -2))
        if np.abs(step).max() < TOLERANCE:
            break
    return mean


def tangent_vectors(covariances: NDArray[np.float64], whitener: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return vectors (..., n_bands * n (n + 1) / 2) of covariances (..., n_bands, n, n).

    Parameters
    ----------
    covariances
        Positive definite.
    whitener
        Inverse square root of each band's reference, shape (n_bands, n, n).
    """
    matrices = _on_eigenvalues(whitener @ covariances @ whitener, _safe_log)
    rows, columns = np.triu_indices(whitener.shape[-1])
    # An entry off the diagonal stands twice in the matrix and once in the vector; the norm stays the same.
    flat = matrices[..., rows, columns] * np.where(rows == columns, 1.0, np.sqrt(2.0))
    return np.reshape(flat, (*covariances.shape[:-3], -1))


def _on_eigenvalues(
    matrices: NDArray[np.float64], function: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Apply a function of one variable to symmetric matrices (..., n, n)."""
    values, vectors = np.linalg.eigh(matrices)
    return np.asarray((vectors * function(values)[..., None, :]) @ np.swapaxes(vectors, -1, -2))


def _safe_log(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log(np.maximum(values, EIGENVALUE_FLOOR))
