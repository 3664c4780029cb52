"""Diagonal Gaussians in closed form: product, divergence, draw.

Product of experts: Hinton 2002, Neural Computation 14:1771; of Gaussians, Wu & Goodman 2018 (MVAE), NeurIPS.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor

LOG_VAR_RANGE = (-8.0, 6.0)
"""Where networks' log-variances are held, so that a precision neither vanishes nor explodes."""


@dataclass(frozen=True, slots=True)
class Gaussian:
    """Independent Gaussians; ``mean`` and ``log_var`` (natural logarithm of the variance) have one shape."""

    mean: Tensor
    log_var: Tensor

    @classmethod
    def of(cls, parameters: Tensor) -> Gaussian:
        """Split the last dimension, (..., 2 k), into means and log-variances (..., k), the latter held in range."""
        mean, log_var = parameters.chunk(2, dim=-1)
        return cls(mean, log_var.clamp(*LOG_VAR_RANGE))

    @property
    def var(self) -> Tensor:
        """Variance."""
        return self.log_var.exp()

    def sample(self) -> Tensor:
        """Draw once with torch's own generator; gradients reach mean and log-variance."""
        return self.mean + torch.randn_like(self.mean) * (0.5 * self.log_var).exp()

    def __getitem__(self, index: object) -> Gaussian:
        return Gaussian(self.mean[index], self.log_var[index])  # type: ignore[index]


def standard_like(q: Gaussian) -> Gaussian:
    """Return N(0, 1) in the shape of ``q``."""
    return Gaussian(torch.zeros_like(q.mean), torch.zeros_like(q.log_var))


def product(first: Gaussian, *others: Gaussian) -> Gaussian:
    """Return the Gaussian proportional to the product of the densities.

    Precisions add; means are weighted by them. Computed on log-variances, so that no precision overflows.
    """
    return reduce(_product_of_two, others, first)


def _product_of_two(a: Gaussian, b: Gaussian) -> Gaussian:
    # 1/v = 1/va + 1/vb  =>  log v = -logaddexp(-log va, -log vb); weight of a = v / va.
    log_var = -torch.logaddexp(-a.log_var, -b.log_var)
    weight = (log_var - a.log_var).exp()
    return Gaussian(weight * a.mean + (1 - weight) * b.mean, log_var)


def kl(q: Gaussian, p: Gaussian) -> Tensor:
    """Return KL(q ‖ p) of each independent coordinate (nat), in their common shape; the caller sums."""
    return 0.5 * (
        p.log_var - q.log_var + (q.log_var - p.log_var).exp() + (q.mean - p.mean).square() * (-p.log_var).exp() - 1
    )


def symmetric_kl(a: Gaussian, b: Gaussian) -> Tensor:
    """Return KL(a ‖ b) + KL(b ‖ a) of each coordinate (nat)."""
    return kl(a, b) + kl(b, a)


def expected_square_distance(a: Gaussian, b: Gaussian) -> Tensor:
    """Return E‖x − y‖² for every x of ``a`` (m, ...) and every y of ``b`` (n, ...): (m, n), summed over the rest."""
    one, two = a.mean.flatten(1), b.mean.flatten(1)
    between = torch.cdist(one, two, compute_mode="donot_use_mm_for_euclid_dist").square()
    return between + a.var.flatten(1).sum(1)[:, None] + b.var.flatten(1).sum(1)[None, :]
