"""Gaussian noise with a diagonal and a low-rank part: its density by Woodbury's identity, in time linear in voxels."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.distributions import LowRankMultivariateNormal
from torch.nn import functional as F

LEAST_VARIANCE = 1e-4


class LowRankNoise(nn.Module):
    """Learned noise N(0, L L^t + D) over n numbers.

    Parameters
    ----------
    n
        How many numbers.
    rank
        Columns of L; 0 leaves D alone.
    variance
        Of D at the start.
    """

    def __init__(self, n: int, rank: int, variance: float = 0.5) -> None:
        super().__init__()
        self.raw = nn.Parameter(torch.full((n,), variance).expm1().log())
        self.factor = nn.Parameter(0.02 * torch.randn(n, rank))

    @property
    def variance(self) -> Tensor:
        """D, (n,)."""
        return F.softplus(self.raw) + LEAST_VARIANCE

    def covariance(self) -> Tensor:
        """Return L L^t + D, (n, n)."""
        return self.factor @ self.factor.T + torch.diag(self.variance)

    def log_prob(self, residual: Tensor) -> Tensor:
        """Return log densities (batch,) of residuals (batch, n)."""
        if not self.factor.shape[1]:
            variance = self.variance
            return -0.5 * (residual.square() / variance + (2 * torch.pi * variance).log()).sum(dim=-1)
        # The mean stays zero and unexpanded, so that the small Cholesky factor is made once for the batch.
        law = LowRankMultivariateNormal(torch.zeros_like(self.raw), self.factor, self.variance)
        density: Tensor = law.log_prob(residual)  # type: ignore[no-untyped-call]
        return density

    def sample(self, n: int, luck: torch.Generator) -> Tensor:
        """Draw (n, numbers)."""
        shared = torch.randn(n, self.factor.shape[1], generator=luck, dtype=self.raw.dtype)
        own = torch.randn(n, len(self.raw), generator=luck, dtype=self.raw.dtype)
        return shared @ self.factor.T + own * self.variance.sqrt()

    @torch.no_grad()
    def set_beyond(self, seen: Tensor, precision: Tensor, error: float = 1.0) -> None:
        """Take L and D from views with known errors.

        Parameters
        ----------
        seen
            Values times the square root of their precision (rows, n).
        precision
            Of each number's views (n,).
        error
            Variance of the errors once multiplied so; 0 if the values are exact.
        """
        rank = min(self.factor.shape[1], len(seen) - 1, seen.shape[1] - 1)
        second = seen.T @ seen / len(seen)
        power, axes = torch.linalg.eigh(second)
        least = error or float(power[: len(power) - rank].clamp_min(0).mean())
        main = axes[:, -rank:] * (power[-rank:] - least).clamp_min(0).sqrt() if rank else axes[:, :0]
        self.factor.zero_()
        self.factor[:, :rank] = main / precision.sqrt()[:, None]
        own = (second.diagonal() - main.square().sum(dim=1) - error).clamp_min(0) / precision
        self.set_diagonal(own)

    @torch.no_grad()
    def set_diagonal(self, variance: Tensor) -> None:
        """Set D (n,)."""
        wanted = variance.clamp_min(2 * LEAST_VARIANCE) - LEAST_VARIANCE
        # The inverse of softplus in a form that large variances do not overflow.
        self.raw.copy_(wanted + (-(-wanted).expm1()).log())
