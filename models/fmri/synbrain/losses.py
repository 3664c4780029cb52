"""The divergence of BrainVAE's posterior from the prior, and the latent numbers in use."""

from __future__ import annotations

import torch
from torch import Tensor


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return KL(N(mean, exp(log_variance)) || N(0, 1)) summed over all but the batch, (batch,)."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).flatten(1).sum(dim=1)


def active_units(means: Tensor, least: float = 0.01) -> Tensor:
    """Return which latent numbers vary over trials by more than ``least`` (Burda et al. 2016), (m, d) of bool.

    Parameters
    ----------
    means
        Posterior means, (n_trials, m, d).
    """
    return torch.var(means, dim=0) > least
