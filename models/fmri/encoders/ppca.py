"""Probabilistic PCA of features and responses together (Tipping and Bishop 1999), asked for responses given features.

The linear counterpart of a variational autoencoder. The number of components is that with the least squared error on
features' responses left out; noise about the conditional mean is fitted like that of the other baselines.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.fmri.encoder import Values
from models.fmri.gaussian_encoder import GaussianEncoder
from pipelines.plugins import PluginSettings

RANKS = (1, 2, 4, 8, 16, 32, 64, 128)


class Settings(PluginSettings):
    """Size of the latent."""

    n_components: int = Field(0, ge=0, description="Components; 0: chosen on a fifth of the trials.")


class Ppca(GaussianEncoder):
    """A linear latent that both features and responses are read from."""

    name = "ppca"

    def __init__(self, n_components: int) -> None:
        super().__init__()
        self._n = n_components

    def _fit_mean(self, x: NDArray[np.float32], values: Values, seed: int) -> None:
        rank = self._n or self._best(x, values, seed)
        self._means, self._scale, self._matrix = _conditional(x, values, rank)

    @staticmethod
    def _best(x: NDArray[np.float32], values: Values, seed: int) -> int:
        order = np.random.default_rng(seed).permutation(len(x))
        left, train = np.split(order, [len(x) // 5])
        errors = []
        for rank in RANKS:
            means, scale, matrix = _conditional(x[train], values[train], rank)
            errors.append(float(((values[left] - means[1] - (x[left] - means[0]) / scale @ matrix) ** 2).sum()))
        return RANKS[int(np.argmin(errors))]

    def _mean(self, x: NDArray[np.float32]) -> Values:
        return np.asarray(self._means[1] + (x - self._means[0]) / self._scale @ self._matrix, dtype=np.float32)


def _conditional(
    x: NDArray[np.float32], values: Values, rank: int
) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64], NDArray[np.float64]]:
    """Return means, scale of features and the matrix (n_features, n_voxels) of the conditional mean."""
    means = x.mean(axis=0, dtype=np.float64), values.mean(axis=0, dtype=np.float64)
    scale = np.where(x.std(axis=0) > 0, x.std(axis=0, dtype=np.float64), 1.0)
    joint = np.hstack([(x - means[0]) / scale, values - means[1]])
    _, s, vt = np.linalg.svd(joint, full_matrices=False)
    variances = s**2 / len(joint)
    rank = min(rank, len(variances) - 1)
    noise = float(variances[rank:].sum() / max(joint.shape[1] - rank, 1))
    loadings = vt[:rank].T * np.sqrt(np.maximum(variances[:rank] - noise, 0.0))
    seen, answered = loadings[: x.shape[1]], loadings[x.shape[1] :]
    inner = seen.T @ seen + max(noise, 1e-9) * np.eye(rank)
    return means, scale, np.asarray(seen @ np.linalg.solve(inner, answered.T))


def build(settings: Settings) -> Ppca:
    """Make the encoder."""
    return Ppca(settings.n_components)
