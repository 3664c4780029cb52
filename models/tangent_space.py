"""Covariances re-centred on a reference and laid flat in the tangent space there.

Tangent space: Barachant et al. 2013, Neurocomputing 112:172. Re-centring on a person's rest: Zanini et al. 2018, IEEE
Trans. Biomed. Eng. 65:1107.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EIGENVALUE_FLOOR = 1e-10


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
    values, vectors = np.linalg.eigh(matrices)
    roots: NDArray[np.float64] = (vectors / np.sqrt(values)[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    return roots


def riemann_mean(covariances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the affine-invariant mean (n, n) of positive definite matrices (n_matrices, n, n)."""
    from pyriemann.geometry.mean import mean_riemann  # brings scikit-learn, a second that starting should not cost

    mean: NDArray[np.float64] = mean_riemann(covariances, tol=1e-8, maxiter=100)
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
    values, vectors = np.linalg.eigh(whitener @ covariances @ whitener)
    logs = np.log(np.maximum(values, EIGENVALUE_FLOOR))
    matrices = (vectors * logs[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    rows, columns = np.triu_indices(whitener.shape[-1])
    # An entry off the diagonal stands twice in the matrix and once in the vector; the norm stays the same.
    flat = matrices[..., rows, columns] * np.where(rows == columns, 1.0, np.sqrt(2.0))
    return np.reshape(flat, (*covariances.shape[:-3], -1))
