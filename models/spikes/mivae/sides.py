"""One modality of miVAE: how its blocks are read from it and how it is made of them.

A side sees a batch and knows which of its fields are its own. Latents are (n_batch, n_bins, n_latents) everywhere;
plain vectors are sequences of one bin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor, nn

from models.spikes import covariates
from models.spikes.gaussians import Gaussian
from models.spikes.pool import Batch
from models.spikes.readout import RateReadout, poisson_nll
from models.spikes.set_encoder import SetEncoder

HIDDEN = 64


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """Two modalities as plain vectors: ``x`` and ``y`` (n_batch, 1, n); ``session`` and ``label`` (n_batch,)."""

    x: Tensor
    y: Tensor
    session: Tensor
    label: Tensor


class Side(Protocol):
    """See the module."""

    def encode(self, batch: Vectors | Batch) -> Gaussian:
        """Return the posterior of all its latents, shared ones first."""
        ...

    def misfit(self, latent: Tensor, batch: Vectors | Batch, *, alone: bool = False) -> Tensor:
        """Return −log-likelihood of its data given all its latents, mean over bins (nat), (n_batch,).

        ``alone``: the private latents are not its own but those of the prior, so that more is left unexplained.
        """
        ...


def mlp(n_in: int, n_out: int) -> nn.Sequential:
    """Return a network with two hidden layers of 64 and leaky rectification (slope .1)."""
    first, second = nn.Linear(n_in, HIDDEN), nn.Linear(HIDDEN, HIDDEN)
    return nn.Sequential(first, nn.LeakyReLU(0.1), second, nn.LeakyReLU(0.1), nn.Linear(HIDDEN, n_out))


class _Gaussian(nn.Module):
    """Decoded with Gaussian noise of two learned variances: with its private latents, and without."""

    def __init__(self) -> None:
        super().__init__()
        self.log_noise = nn.Parameter(torch.zeros(2))

    def gaussian_misfit(self, told: Tensor, values: Tensor, alone: bool) -> Tensor:
        error, log_noise = (told - values).flatten(2).square(), self.log_noise[int(alone)]
        return 0.5 * (error * (-log_noise).exp() + log_noise).sum(2).mean(1)


class VectorSide(_Gaussian):
    """Plain vectors.

    Parameters
    ----------
    field
        ``x`` or ``y`` of :class:`Vectors`.
    n_values, n_latents
        Sizes.
    """

    def __init__(self, field: Literal["x", "y"], n_values: int, n_latents: int) -> None:
        super().__init__()
        self.field = field
        self.encoder, self.decoder = mlp(n_values, 2 * n_latents), mlp(n_latents, n_values)

    def encode(self, batch: Vectors | Batch) -> Gaussian:
        """See :class:`Side`."""
        return Gaussian.of(self.encoder(getattr(batch, self.field)))

    def misfit(self, latent: Tensor, batch: Vectors | Batch, *, alone: bool = False) -> Tensor:
        """See :class:`Side`."""
        return self.gaussian_misfit(self.decoder(latent), getattr(batch, self.field), alone)


class CovariateSide(_Gaussian):
    """Behaviour or film, standardised by one mean and one deviation.

    Parameters
    ----------
    shape
        Of one bin.
    n_latents, width
        Sizes.
    mean, scale
        Of the values.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, shape: tuple[int, ...], n_latents: int, width: int, mean: Tensor, scale: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)
        self.encoder = covariates.encoder(shape, 2 * n_latents, width)
        self.decoder = covariates.decoder(shape, n_latents, width)

    def standardised(self, batch: Batch) -> Tensor:
        """Return the batch's covariate as the encoder takes it."""
        return (batch.covariate - self.mean) / self.scale

    def encode(self, batch: Vectors | Batch) -> Gaussian:
        """See :class:`Side`."""
        assert isinstance(batch, Batch)
        return Gaussian.of(self.encoder(self.standardised(batch)))

    def misfit(self, latent: Tensor, batch: Vectors | Batch, *, alone: bool = False) -> Tensor:
        """See :class:`Side`."""
        assert isinstance(batch, Batch)
        return self.gaussian_misfit(self.decoder(latent), self.standardised(batch), alone)


class NeuralSide(nn.Module):
    """Populations: a set encoder, and rates by unit embeddings.

    Parameters
    ----------
    n_latents, embedding_dim, width
        Sizes.
    """

    def __init__(self, n_latents: int, embedding_dim: int, width: int) -> None:
        super().__init__()
        self.encoder = SetEncoder(embedding_dim, width, n_queries=8)
        self.head = nn.Linear(width, 2 * n_latents)
        self.rates = RateReadout(n_latents, embedding_dim, hidden=width)

    def posterior(self, activity: Tensor, embedding: Tensor, present: Tensor | None = None) -> Gaussian:
        """Return all its latents, of standardised counts."""
        return Gaussian.of(self.head(self.encoder(activity, embedding, present)))

    def encode(self, batch: Vectors | Batch) -> Gaussian:
        """See :class:`Side`."""
        assert isinstance(batch, Batch)
        return self.posterior(batch.activity, batch.embedding, batch.present)

    def misfit(self, latent: Tensor, batch: Vectors | Batch, *, alone: bool = False) -> Tensor:
        """See :class:`Side`."""
        assert isinstance(batch, Batch)
        log_rate = self.rates(latent, batch.embedding, batch.log_mean)
        return poisson_nll(log_rate, batch.counts, batch.present)
