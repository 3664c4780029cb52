"""The objective of PNBA, one number a trial (nat per bin), so that trials of all populations weigh alike.

    Poisson(n | z_joint) + Poisson(n | z_b) + SSE(b | z_joint) + SSE(b | z_n)
    + KL(joint ‖ n) + KL(joint ‖ b) + KL(b ‖ n) + KL(n ‖ b) + match + weak prior

The released objective is a sum divided by the batch, with a match over all pairs that grows with it, and no prior: only
the reconstructions hold the scale of its latents. Here sums are divided by the number of bins, the match is a mean over
pairs (:mod:`models.spikes.pnba.matching`), and a weak N(0, 1) fixes the scale.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn

from models.spikes.gaussians import Gaussian, kl, product, standard_like, symmetric_kl
from models.spikes.pnba.network import Pnba
from models.spikes.pool import Batch, Pool
from models.spikes.readout import poisson_nll


@dataclass(frozen=True, slots=True)
class Weights:
    """What each term counts; the published objective has 1 everywhere, and no prior."""

    neural: float = 1.0
    behaviour: float = 1.0
    joint_kl: float = 1.0
    cross_kl: float = 1.0
    match: float = 1.0
    prior: float = 0.05


def terms(network: Pnba, batch: Batch, *, sample: bool = True) -> dict[str, Tensor]:
    """Return the terms of a batch, unweighted: (n_batch,) each, named as the fields of :class:`Weights`."""
    values = network.standardised(batch.covariate)
    q_n = network.neural(batch.activity, batch.embedding, batch.present)
    q_b = network.behaviour(values)
    joint = product(q_n, q_b)
    z_joint, z_n, z_b = (q.sample() if sample else q.mean for q in (joint, q_n, q_b))

    def counts_from(latent: Tensor) -> Tensor:
        return poisson_nll(network.log_rates(latent, batch), batch.counts, batch.present)

    def behaviour_from(latent: Tensor) -> Tensor:
        told: Tensor = network.behaviour_decoder(latent)
        return (told - values).square().flatten(2).sum(2).mean(1)

    return {
        "neural": counts_from(z_joint) + counts_from(z_b),
        "behaviour": behaviour_from(z_joint) + behaviour_from(z_n),
        "joint_kl": per_bin(kl(joint, q_n) + kl(joint, q_b)),
        "cross_kl": per_bin(symmetric_kl(q_b, q_n)),
        "match": network.matching(q_b, q_n).expand(len(values)),
        "prior": per_bin(kl(joint, standard_like(joint))),
    }


def per_bin(divergence: Tensor) -> Tensor:
    """Return the sum over latents, mean over bins, (n_batch,), of (n_batch, n_bins, n_latents)."""
    return divergence.sum(2).mean(1)


class PnbaLosses(nn.Module):
    """Numbers of trials in a pool to their losses: what the training loop makes small.

    Parameters
    ----------
    network, pool, weights
        What learns, from what, and what counts.
    free_dropout
        Probability that a training batch does without the rows of its own sessions, so that the network can also read
        an animal that has none.
    """

    def __init__(self, network: Pnba, pool: Pool, weights: Weights, free_dropout: float) -> None:
        super().__init__()
        self.network, self._pool, self._weights, self._free_dropout = network, pool, weights, free_dropout

    def forward(self, rows: Tensor) -> Tensor:
        """Return losses (n_batch,), in the order of sessions; without draws when not training."""
        free = not self.training or bool(torch.rand(()) >= self._free_dropout)
        batch = self._pool.batch(rows, self.network.units, free=free)
        found = terms(self.network, batch, sample=self.training)
        return torch.stack([getattr(self._weights, f.name) * found[f.name] for f in fields(Weights)]).sum(0)


def posteriors_of(network: Pnba, pool: Pool, rows: Tensor) -> Gaussian:
    """Return q(z | n) of trials of a pool, in the order of sessions."""
    batch = pool.batch(rows, network.units)
    return network.neural(batch.activity, batch.embedding, batch.present)
