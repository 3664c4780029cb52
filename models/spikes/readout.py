"""From latents to the rates of any population: a unit's embedding says how it reads the latents."""

from __future__ import annotations

import torch
from torch import Tensor, nn

LARGEST_LOG_RATIO = 4.0
"""A rate is held below e⁴ times its mean, so that a wild latent cannot make the loss overflow."""


class RateReadout(nn.Module):
    """log rate = log mean + weights(embedding) · h(latent) + offset(embedding).

    Parameters
    ----------
    n_latents, embedding_dim
        Of what comes in.
    hidden
        Width of h; 0: h is the identity, and rates are log-linear in the latents.
    """

    def __init__(self, n_latents: int, embedding_dim: int, hidden: int = 0) -> None:
        super().__init__()
        n_read = hidden or n_latents
        self.bend = nn.Sequential(nn.Linear(n_latents, hidden), nn.GELU()) if hidden else nn.Identity()
        self.weights = nn.Linear(embedding_dim, n_read)
        self.offset = nn.Linear(embedding_dim, 1)

    def forward(self, latent: Tensor, embedding: Tensor, log_mean: Tensor) -> Tensor:
        """Return log rates per bin (n_batch, n_bins, n_units).

        Parameters
        ----------
        latent
            (n_batch, n_bins, n_latents).
        embedding
            (n_batch, n_units, embedding_dim).
        log_mean
            Of each unit's counts, (n_batch, n_units).
        """
        weights = self.weights(embedding)
        ratio = torch.einsum("btk,bnk->btn", self.bend(latent), weights) + self.offset(embedding)[:, None, :, 0]
        return log_mean[:, None, :] + LARGEST_LOG_RATIO * torch.tanh(ratio / LARGEST_LOG_RATIO)


def poisson_nll(log_rate: Tensor, counts: Tensor, present: Tensor) -> Tensor:
    """Return −log-likelihood (nat, without log n!), summed over units, mean over bins: (n_batch,).

    Parameters
    ----------
    log_rate, counts
        (n_batch, n_bins, n_units).
    present
        (n_batch, n_units).
    """
    nll = (log_rate.exp() - counts * log_rate) * present[:, None, :]
    return nll.sum(dim=2).mean(dim=1)
