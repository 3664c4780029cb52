"""miVAE: two modalities, each a shared and a private block; the shared blocks of both are to be one and the same.

    − log p(x | m_x, c_x) − log p(y | m_y, c_y)                 each modality from its own latents
    − log p(x | m_x, c_y) − log p(y | m_y, c_x)                 and with the shared block of the other
    − log p(x | c_y) − log p(y | c_x)                           and from that block alone, private ones at their prior
    + KL(m_x ‖ p(· | units, session)) + KL(m_y ‖ N(0, 1)) + KL(c_x ‖ p(· | condition, time)) + KL(c_y ‖ the same)
    + λ [KL(c_x ‖ c_y) + KL(c_y ‖ c_x)] + γ [dependence(c_x, m_x) + dependence(c_y, m_y)]

No public code of the paper exists (arXiv 2412.14536); this is written from the mathematics.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn

from models.spikes.gaussians import Gaussian, kl, standard_like, symmetric_kl
from models.spikes.mivae.independence import dependence
from models.spikes.mivae.priors import ConditionalPrior, time_waves
from models.spikes.mivae.sides import Side, Vectors
from models.spikes.pool import Batch

AT_MOST = 128
"""Samples whose dependence is measured in a step; the cost is quadratic."""


RAMPED = ("kl", "agree")
"""Terms that grow from nothing: at full weight before anything is learned, blocks agree by saying nothing."""


@dataclass(frozen=True, slots=True)
class MiVaeWeights:
    """What each term counts."""

    own: float = 1.0
    crossed: float = 1.0
    alone: float = 1.0
    kl: float = 1.0
    agree: float = 1.0
    independence: float = 10.0


@dataclass(frozen=True, slots=True)
class Blocks:
    """Posteriors of one modality."""

    shared: Gaussian
    private: Gaussian


class MiVae(nn.Module):
    """See the module.

    Parameters
    ----------
    x, y
        The modalities; each has ``n_shared`` latents and then its private ones.
    prior_shared
        Given condition and time.
    prior_private
        Of x, given session and pooled unit embeddings.
    n_shared
        Latents of the shared block.
    """

    def __init__(
        self, x: nn.Module, y: nn.Module, prior_shared: ConditionalPrior, prior_private: ConditionalPrior, n_shared: int
    ) -> None:
        super().__init__()
        self.x, self.y, self.n_shared = x, y, n_shared
        self.prior_shared, self.prior_private = prior_shared, prior_private

    def blocks(self, side: nn.Module, batch: Vectors | Batch) -> Blocks:
        """Return what a modality says of both blocks."""
        found = _side(side).encode(batch)
        return Blocks(found[..., : self.n_shared], found[..., self.n_shared :])

    def terms(self, batch: Vectors | Batch, *, sample: bool = True) -> dict[str, Tensor]:
        """Return the terms, unweighted: (n_batch,) each, named as the fields of :class:`MiVaeWeights`."""
        of_x, of_y = self.blocks(self.x, batch), self.blocks(self.y, batch)
        c_x, m_x, c_y, m_y = (
            q.sample() if sample else q.mean for q in (of_x.shared, of_x.private, of_y.shared, of_y.private)
        )
        x, y = _side(self.x), _side(self.y)
        own = x.misfit(_join(c_x, m_x), batch) + y.misfit(_join(c_y, m_y), batch)
        crossed = x.misfit(_join(c_y, m_x), batch) + y.misfit(_join(c_x, m_y), batch)
        prior = self._priors(batch, c_x.shape[1])
        alone = x.misfit(_join(c_y, prior.private.mean), batch, alone=True)
        alone = alone + y.misfit(_join(c_x, torch.zeros_like(m_y)), batch, alone=True)
        divergence = _per_bin(kl(of_x.shared, prior.shared) + kl(of_y.shared, prior.shared))
        divergence = divergence + _per_bin(kl(of_x.private, prior.private))
        divergence = divergence + _per_bin(kl(of_y.private, standard_like(of_y.private)))
        dependent = _dependence(c_x, m_x) + _dependence(c_y, m_y)
        return {
            "own": own,
            "crossed": crossed,
            "alone": alone,
            "kl": divergence,
            "agree": _per_bin(symmetric_kl(of_x.shared, of_y.shared)),
            "independence": dependent.expand(len(own)),
        }

    def loss(self, batch: Vectors | Batch, weights: MiVaeWeights, *, sample: bool = True, ramp: float = 1.0) -> Tensor:
        """Return the weighted sum, (n_batch,); ``ramp`` from 0 to 1 is what divergences count of their weights."""
        found = self.terms(batch, sample=sample)
        counted = {f.name: getattr(weights, f.name) * (ramp if f.name in RAMPED else 1.0) for f in fields(MiVaeWeights)}
        return torch.stack([weight * found[name] for name, weight in counted.items()]).sum(0)

    def _priors(self, batch: Vectors | Batch, n_bins: int) -> Blocks:
        waves = time_waves(n_bins, batch.label.device).expand(len(batch.label), -1, -1)
        pooled = waves.new_zeros(len(batch.label), n_bins, 0)
        if isinstance(batch, Batch):
            there = batch.present[..., None]
            mean = (batch.embedding * there).sum(1) / there.sum(1)
            pooled = mean[:, None].expand(-1, n_bins, -1)
        return Blocks(self.prior_shared(batch.label, waves), self.prior_private(batch.session, pooled))


class MiVaeLosses(nn.Module):
    """Numbers of samples to their losses: what the training loop makes small.

    Parameters
    ----------
    network, weights
        What learns, and what counts.
    batch_of
        Makes a batch of numbers (n_batch,).
    ramp
        Steps in which the divergences grow to their weights.
    """

    step: Tensor

    def __init__(
        self, network: MiVae, batch_of: Callable[[Tensor], Vectors | Batch], weights: MiVaeWeights, ramp: int
    ) -> None:
        super().__init__()
        self.network, self._batch_of, self._weights, self._ramp = network, batch_of, weights, ramp
        # A buffer, so that a training that is taken up again is as far up the ramp as it was.
        self.register_buffer("step", torch.zeros((), dtype=torch.long))

    def forward(self, rows: Tensor) -> Tensor:
        """Return losses (n_batch,); without draws, and with full weights, when not training."""
        batch = self._batch_of(rows)
        if not self.training:
            return self.network.loss(batch, self._weights, sample=False)
        self.step += 1
        return self.network.loss(batch, self._weights, ramp=min(1.0, int(self.step) / self._ramp))


def _side(module: nn.Module) -> Side:
    side: Side = module  # type: ignore[assignment]
    return side


def _join(shared: Tensor, private: Tensor) -> Tensor:
    return torch.cat([shared, private], dim=-1)


def _per_bin(divergence: Tensor) -> Tensor:
    return divergence.sum(2).mean(1)


def _dependence(shared: Tensor, private: Tensor) -> Tensor:
    one, two = shared.flatten(0, 1), private.flatten(0, 1)
    if one.shape[1] == 0 or two.shape[1] == 0:
        return one.new_zeros(())
    step = max(1, len(one) // AT_MOST)
    return dependence(one[::step], two[::step])
