"""Normal noise with covariance L L' + D: correlated along few factors, the rest each voxel's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RANKS = (0, 1, 2, 4, 8, 16, 32, 64)
"""Numbers of factors tried."""
LEAST_OWN = 0.01
"""Least share of a voxel's variance that is its own: with none the density would be singular."""


@dataclass(frozen=True, slots=True, eq=False)
class FactorNoise:
    """Factors L (n_voxels, n_factors) and the diagonal of D (n_voxels,)."""

    factors: Floats
    diagonal: Floats

    @classmethod
    def fit(cls, residuals: Floats, seed: int = 0) -> Self:
        """Fit to residuals (n_trials, n_voxels); the number of factors is the likeliest on half of the trials left out.

        Factors are those of probabilistic PCA of the standardised residuals (Tipping and Bishop 1999); the diagonal
        then restores each voxel's variance.
        """
        order = np.random.default_rng(seed).permutation(len(residuals))
        first, second = residuals[order[::2]], residuals[order[1::2]]
        most = min(len(first), residuals.shape[1]) // 2
        ranks = [rank for rank in RANKS if rank <= most] or [0]
        if len(ranks) > 1:
            found = [cls._of_rank(first, rank).log_prob(second).mean() for rank in ranks]
            ranks = [ranks[int(np.argmax(found))]]
        return cls._of_rank(residuals, ranks[0])

    @classmethod
    def _of_rank(cls, residuals: Floats, rank: int) -> Self:
        deviation = np.sqrt((residuals**2).mean(axis=0))
        deviation = np.where(deviation > 0, deviation, 1e-6)
        z = residuals / deviation
        _, s, vt = np.linalg.svd(z, full_matrices=False)
        values = s**2 / len(z)
        left = max(residuals.shape[1] - rank, 1)
        floor = max((residuals.shape[1] - values[:rank].sum()) / left, 0.0)
        factors = vt[:rank].T * np.sqrt(np.maximum(values[:rank] - floor, 0.0))
        shared = (factors**2).sum(axis=1)
        over = np.sqrt(np.maximum(shared / (1 - LEAST_OWN), 1.0))
        factors = factors / over[:, None]
        own = 1.0 - (factors**2).sum(axis=1)
        return cls(factors * deviation[:, None], own * deviation**2)

    @property
    def covariance(self) -> Floats:
        """The whole matrix (n_voxels, n_voxels)."""
        return np.asarray(self.factors @ self.factors.T + np.diag(self.diagonal))

    def sample(self, n: int, n_trials: int, seed: int) -> NDArray[np.float32]:
        """Draw noise (n, n_trials, n_voxels)."""
        rng = np.random.default_rng(seed)
        found = np.empty((n, n_trials, len(self.diagonal)), dtype=np.float32)
        for draw in found:
            draw[:] = rng.standard_normal((n_trials, self.factors.shape[1])) @ self.factors.T
            draw += rng.standard_normal(draw.shape) * np.sqrt(self.diagonal)
        return found

    def log_prob(self, residuals: Floats) -> Floats:
        """Return the log density of each row (n_trials,), by the matrix inversion lemma."""
        scaled = self.factors / self.diagonal[:, None]
        inner = np.eye(self.factors.shape[1]) + self.factors.T @ scaled
        projected = residuals @ scaled
        explained = (projected * np.linalg.solve(inner, projected.T).T).sum(axis=1)
        distance = (residuals**2 / self.diagonal).sum(axis=1) - explained
        log_det = np.log(self.diagonal).sum() + np.linalg.slogdet(inner)[1]
        return np.asarray(-0.5 * (distance + log_det + len(self.diagonal) * np.log(2 * np.pi)))
