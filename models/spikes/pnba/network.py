"""The network of PNBA: two posteriors in one latent space, and the way back to counts and to behaviour or video."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from models.spikes import covariates
from models.spikes.convolutional import ConvolutionalEncoder
from models.spikes.gaussians import Gaussian
from models.spikes.pnba.matching import Matching
from models.spikes.pool import Batch, Session
from models.spikes.readout import RateReadout
from models.spikes.set_encoder import SetEncoder
from models.spikes.trial_set import TrialSet
from models.spikes.unit_embedding import N_STATISTICS, UnitEmbedding

FIRST_LOG_VAR = -1.0


class Architecture(BaseModel):
    """Sizes and switches; the card's ``architecture``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_features: int = Field(0, ge=0)
    """Columns of the table of units."""
    covariate: tuple[int, ...] = (2,)
    """Of one bin: (n_values,) of kinematics, or (height, width) of a frame."""
    n_latents: int = Field(8, ge=1)
    """Per bin."""
    width: int = Field(48, ge=8)
    embedding_dim: int = Field(24, ge=1)
    n_queries: int = Field(8, ge=1)
    front_end: Literal["set", "published"] = "set"
    """``published``: convolutions over the number of a unit, see :mod:`models.spikes.convolutional`."""
    published_width: int = Field(64, ge=8)
    """Of the published front end, whose stem is twice as wide."""
    statistics: bool = False
    """Whether statistics of a unit's counts stand beside its table."""
    rate_hidden: int = Field(0, ge=0)
    """Between latents and rates; 0: log-linear."""


class Pnba(nn.Module):
    """Neural and behavioural posteriors, and decoders.

    Parameters
    ----------
    architecture
        See :class:`Architecture`.
    covariate_mean, covariate_scale
        What covariates are centred on and divided by.
    """

    covariate_mean: Tensor
    covariate_scale: Tensor

    def __init__(self, architecture: Architecture, covariate_mean: Tensor, covariate_scale: Tensor) -> None:
        super().__init__()
        a = self.architecture = architecture
        self.register_buffer("covariate_mean", covariate_mean)
        self.register_buffer("covariate_scale", covariate_scale)
        self.units = UnitEmbedding(a.n_features + N_STATISTICS * a.statistics, a.embedding_dim)
        self.set_encoder = self.published = None
        if a.front_end == "set":
            self.set_encoder = SetEncoder(a.embedding_dim, a.width, a.n_queries)
        else:
            self.published = ConvolutionalEncoder(2 * a.published_width, a.published_width)
        n_read = a.width if self.published is None else self.published.width
        self.neural_head = nn.Linear(n_read, 2 * a.n_latents)
        self.behaviour_encoder = covariates.encoder(a.covariate, 2 * a.n_latents)
        self.rates = RateReadout(a.n_latents, a.embedding_dim, a.rate_hidden)
        self.behaviour_decoder = covariates.decoder(a.covariate, a.n_latents)
        self.matching = Matching()
        with torch.no_grad():
            self.neural_head.bias[a.n_latents :] = FIRST_LOG_VAR

    def neural(self, activity: Tensor, embedding: Tensor, present: Tensor | None = None) -> Gaussian:
        """Return q(z | n), (n_batch, n_bins, n_latents), of standardised counts (n_batch, n_bins, n_units)."""
        if self.set_encoder is not None:
            return Gaussian.of(self.neural_head(self.set_encoder(activity, embedding, present)))
        assert self.published is not None
        return Gaussian.of(self.neural_head(self.published(activity)))

    def behaviour(self, values: Tensor) -> Gaussian:
        """Return q(z | b) of covariates (n_batch, n_bins, ...), as :meth:`standardised` gives them."""
        return Gaussian.of(self.behaviour_encoder(values))

    def standardised(self, covariate: Tensor) -> Tensor:
        """Return covariates centred and scaled."""
        return (covariate - self.covariate_mean) / self.covariate_scale

    def log_rates(self, latent: Tensor, batch: Batch) -> Tensor:
        """Return log rates per bin of a batch's units."""
        log_rates: Tensor = self.rates(latent, batch.embedding, batch.log_mean)
        return log_rates

    @torch.no_grad()
    def posterior(self, trials: TrialSet, session: Session, batch_size: int = 256) -> Gaussian:
        """Return q(z | n), (n_trials, n_bins, n_latents), of trials; free rows are used where the session has any."""
        self.eval()
        embedding = self.units(session.features, session.name)
        parts = [
            self.neural(part, embedding.expand(len(part), -1, -1))
            for part in torch.split(session.standardised(trials), batch_size)
        ]
        return Gaussian(torch.cat([p.mean for p in parts]), torch.cat([p.log_var for p in parts]))

    @torch.no_grad()
    def decoded(self, latent: Tensor) -> Tensor:
        """Return the covariate (n_trials, n_bins, ...) that latents tell, in its own units."""
        self.eval()
        told: Tensor = self.behaviour_decoder(latent)
        return told * self.covariate_scale + self.covariate_mean


def fitting(sessions: Sequence[TrialSet], covariate: str, **sizes: Any) -> Pnba:
    """Make a network with fresh weights (torch's own generator) for sessions, with rows for each of them.

    Kinematics are standardised by value, video by one mean and one deviation.
    """
    values = torch.cat([torch.as_tensor(t.covariates[covariate], dtype=torch.float32).flatten(0, 1) for t in sessions])
    over = 0 if values.ndim == 2 else tuple(range(values.ndim))
    mean, scale = values.mean(over), values.std(over).clamp_min(1e-6)
    n_features = sessions[0].units.features.shape[1]
    architecture = Architecture(n_features=n_features, covariate=tuple(values.shape[1:]), **sizes)
    network = Pnba(architecture, mean, scale)
    for trials in sessions:
        session = Session.of(trials)
        network.units.add_session(session.name, trials.units.n_units)
    return network
