"""Baselines on the set encoder: one that reads behaviour straight, and VAEs that never see it.

- ``SetReader``: encoder → behaviour by least squares. What is left of PNBA without latents, matching and generation.
- ``SetVae``: encoder → latents → Poisson counts. With ``conditional`` the prior comes from the condition and the bin,
  and the posterior is its product with the encoder's Gaussian (pi-VAE, Zhou & Wei 2020, NeurIPS).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from models.spikes.gaussians import Gaussian, kl, product, standard_like
from models.spikes.latent_model import Latents, Needs
from models.spikes.pool import Pool, Session
from models.spikes.readout import RateReadout, poisson_nll
from models.spikes.set_encoder import SetEncoder
from models.spikes.trial_set import TrialSet
from models.spikes.unit_embedding import UnitEmbedding
from models.training.fit import FitSettings, fit
from models.training.objectives import OWN_LOSSES
from models.training.task import Progress
from pipelines.errors import ModelError

EMBEDDING, WIDTH, QUERIES = 24, 48, 8
FIT = FitSettings(epochs=25, batch_size=32, learning_rate=3e-3, weight_decay=1e-3, warmup_epochs=2, patience=25)


class _Encoding(nn.Module):
    """Units and their encoder, which both networks have."""

    def __init__(self, pool: Pool, n_out: int) -> None:
        super().__init__()
        self.pool = pool
        self.units = UnitEmbedding(pool.sessions[0].features.shape[1], EMBEDDING)
        self.encoder = SetEncoder(EMBEDDING, WIDTH, QUERIES)
        self.head = nn.Linear(WIDTH, n_out)

    def encoded(self, activity: Tensor, embedding: Tensor, present: Tensor | None = None) -> Tensor:
        """Return (n_batch, n_bins, n_out)."""
        found: Tensor = self.head(self.encoder(activity, embedding, present))
        return found


class SetReader(_Encoding):
    """Behaviour straight from the encoder; the covariate must be a vector in each bin."""

    def __init__(self, pool: Pool) -> None:
        values = pool.covariates
        if values.ndim != 3:
            raise ModelError(f"set_reader: the covariate has {values.ndim - 2} dimensions in a bin; it reads vectors")
        super().__init__(pool, values.shape[2])
        self.register_buffer("level", values.mean((0, 1)))
        self.register_buffer("scale", values.std((0, 1)).clamp_min(1e-6))

    level: Tensor
    scale: Tensor

    def forward(self, rows: Tensor) -> Tensor:
        """Return squared errors (n_batch,)."""
        batch = self.pool.batch(rows, self.units, free=False)
        target = (batch.covariate - self.level) / self.scale
        return (self.encoded(batch.activity, batch.embedding, batch.present) - target).square().mean((1, 2))

    def read(self, activity: Tensor, features: Tensor) -> Tensor:
        """Return standardised behaviour (n_trials, n_bins, n_values)."""
        return self.encoded(activity, self.units(features))


class SetVae(_Encoding):
    """A VAE of counts."""

    def __init__(self, pool: Pool, n_latents: int, *, conditional: bool) -> None:
        super().__init__(pool, 2 * n_latents)
        self.rates = RateReadout(n_latents, EMBEDDING)
        n_bins = pool.covariates.shape[1]
        self.prior = nn.Embedding(len(pool.conditions), n_bins * 2 * n_latents) if conditional else None
        if self.prior is not None:
            nn.init.normal_(self.prior.weight, std=0.1)

    def forward(self, rows: Tensor) -> Tensor:
        """Return negative evidence bounds (nat per bin, n_batch)."""
        batch = self.pool.batch(rows, self.units, free=False)
        found = Gaussian.of(self.encoded(batch.activity, batch.embedding, batch.present))
        posterior, prior = found, standard_like(found)
        if self.prior is not None:
            prior = Gaussian.of(self.prior(batch.label).reshape(*found.mean.shape[:2], -1))
            posterior = product(found, prior)
        latent = posterior.sample() if self.training else posterior.mean
        log_rates = self.rates(latent, batch.embedding, batch.log_mean)
        return poisson_nll(log_rates, batch.counts, batch.present) + kl(posterior, prior).sum(2).mean(1)

    def read(self, activity: Tensor, features: Tensor) -> Tensor:
        """Return means of the encoder alone (n_trials, n_bins, n_latents): no label is needed."""
        return Gaussian.of(self.encoded(activity, self.units(features))).mean


@dataclass(slots=True, eq=False)
class SetModel:
    """A :class:`models.spikes.latent_model.LatentModel` around one of the networks.

    Parameters
    ----------
    covariate
        Behaviour that sessions must have.
    make
        Makes the network for a pool.
    settings
        Of the training loop.
    with_statistics
        Whether statistics of a unit's own counts stand beside its table.
    """

    covariate: str
    make: Callable[[Pool], SetReader | SetVae]
    settings: FitSettings = FIT
    with_statistics: bool = True
    network: SetReader | SetVae | None = None
    needs: Needs = "unlabelled"

    def fit(self, sessions: Sequence[TrialSet], seed: int, progress: Progress) -> None:
        """Train for a fixed number of epochs."""
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            pool = Pool(sessions, self.covariate, with_statistics=self.with_statistics)
            self.network = self.make(pool)
            rows = torch.arange(len(pool))
            fit(
                self.network,
                list(self.network.parameters()),
                (rows, rows),
                replace(self.settings, seed=seed),
                own=OWN_LOSSES,
                progress=progress,
            )

    def latents(self, trials: TrialSet, calibration: TrialSet | None) -> Latents:
        """Return latents; the session's statistics come from the calibration, where there is one."""
        if self.network is None:
            raise ModelError("latent model: fit it first")
        session = Session.of(calibration or trials, with_statistics=self.with_statistics)
        self.network.eval()
        with torch.inference_mode():
            found = self.network.read(session.standardised(trials), session.features)
        return np.asarray(found.numpy(), np.float64)
