"""A session never seen: only the embeddings of its units are learned, the network stays as it is.

Without labels, embeddings are those with which counts are rebuilt from their own latents, and with which the latents
are distributed as those of the animals that were learned from (energy distance over whole trials, Székely and Rizzo
2013). With behaviour, they are those with which counts are rebuilt from the behaviour's latents and behaviour from the
counts'. What no data can tell, this cannot either: where tuning is isotropic, a rotation stays open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.spikes.pnba.network import Pnba
from models.spikes.pnba.objective import Weights, terms
from models.spikes.pool import Batch, Session
from models.spikes.readout import poisson_nll
from models.spikes.trial_set import TrialSet


@dataclass(frozen=True, slots=True)
class FewShot:
    """How embeddings are learned.

    Parameters
    ----------
    steps, batch_size, learning_rate
        Of Adam; the rate falls along a cosine.
    match
        What the energy distance counts, against nats per bin; 0 where behaviour is given.
    shrink
        Of embeddings towards what the table of units says.
    starts
        Attempts from different beginnings; the one with the smallest loss is kept.
    spread
        Of the beginnings after the first, which is zero.
    """

    steps: int = 150
    batch_size: int = 32
    learning_rate: float = 0.05
    match: float = 5.0
    shrink: float = 1e-3
    starts: int = 1
    spread: float = 0.3


def energy_distance(x: Tensor, y: Tensor) -> Tensor:
    """Return 2 E‖x − y‖ − E‖x − x'‖ − E‖y − y'‖ of samples (m, d) and (n, d), divided by √d; 0 for one distribution."""

    def mean_distance(a: Tensor, b: Tensor) -> Tensor:
        # The root has no slope at zero, where a sample meets itself.
        return ((a[:, None] - b[None]).square().sum(2) + 1e-8).sqrt()

    within = [mean_distance(v, v).sum() / (len(v) * (len(v) - 1)) for v in (x, y)]
    distance: Tensor = (2 * mean_distance(x, y).mean() - within[0] - within[1]) / x.shape[1] ** 0.5
    return distance


def learn_units(
    network: Pnba,
    trials: TrialSet,
    reference: Tensor,
    settings: FewShot = FewShot(),
    behaviour: Tensor | None = None,
    seed: int = 0,
) -> Session:
    """Give the network rows for the units of a session and learn them; return what is known of the session.

    Parameters
    ----------
    network
        Trained; nothing else of it changes.
    trials
        Of the new session; labels are not looked at.
    reference
        Latents (n_trials, n_bins, n_latents) of sessions that were learned from.
    behaviour
        Covariates (n_trials, n_bins, ...) of these trials, if there are any.
    """
    session = Session.of(trials, with_statistics=network.architecture.statistics)
    rows = network.units.add_session(session.name, trials.units.n_units)
    attempt = _Attempt(network, session, trials, reference, settings, behaviour)
    frozen = {p: p.requires_grad for p in network.parameters()}
    network.eval()
    luck = torch.Generator().manual_seed(seed)
    best, kept = np.inf, rows.detach().clone()
    try:
        for parameter in frozen:
            parameter.requires_grad = parameter is rows
        for start in range(settings.starts):
            with torch.no_grad():
                rows.copy_(settings.spread * torch.randn(rows.shape, generator=luck) * (start > 0))
            loss = attempt.run(rows, luck)
            if loss < best:
                best, kept = loss, rows.detach().clone()
    finally:
        for parameter, was in frozen.items():
            parameter.requires_grad = was
    with torch.no_grad():
        rows.copy_(kept)
    return session


class _Attempt:
    """One search for embeddings."""

    def __init__(
        self,
        network: Pnba,
        session: Session,
        trials: TrialSet,
        reference: Tensor,
        settings: FewShot,
        behaviour: Tensor | None,
    ) -> None:
        self._network, self._session, self._settings = network, session, settings
        self._reference = reference.flatten(1)
        self._activity = session.standardised(trials)
        self._counts = torch.from_numpy(np.ascontiguousarray(trials.counts))
        self._behaviour = behaviour

    def run(self, rows: torch.nn.Parameter, luck: torch.Generator) -> float:
        """Learn from where ``rows`` are; return the mean loss of the last fifth of the steps."""
        s = self._settings
        optimiser = torch.optim.Adam([rows], s.learning_rate)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, s.steps)
        losses = []
        for _ in range(s.steps):
            chosen = torch.randperm(len(self._counts), generator=luck)[: s.batch_size]
            others = torch.randperm(len(self._reference), generator=luck)[: s.batch_size]
            loss = self._loss(chosen, others) + s.shrink * rows.square().sum()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            falling.step()
            losses.append(float(loss.detach()))
        return float(np.mean(losses[-max(1, s.steps // 5) :]))

    def _loss(self, chosen: Tensor, others: Tensor) -> Tensor:
        if self._behaviour is not None:
            found = terms(self._network, self._batch(chosen, self._behaviour[chosen]), sample=False)
            return sum((getattr(Weights(), name) * value.mean() for name, value in found.items()), torch.zeros(()))
        batch = self._batch(chosen, torch.empty(len(chosen), 0))
        latent = self._network.neural(batch.activity, batch.embedding, batch.present).mean
        rebuilt = poisson_nll(self._network.log_rates(latent, batch), batch.counts, batch.present).mean()
        return rebuilt + self._settings.match * energy_distance(latent.flatten(1), self._reference[others])

    def _batch(self, chosen: Tensor, covariate: Tensor) -> Batch:
        n = len(chosen)
        embedding = self._network.units(self._session.features, self._session.name)
        return Batch(
            self._activity[chosen],
            self._counts[chosen],
            covariate,
            torch.ones(n, embedding.shape[0], dtype=torch.bool),
            embedding.expand(n, -1, -1),
            self._session.log_mean.expand(n, -1),
            torch.zeros(n, dtype=torch.long),
            torch.zeros(n, dtype=torch.long),
        )
