"""miVAE on plain vectors, by the house's loop: what is measured where the true latents are known."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from models.spikes.mivae.network import MiVae, MiVaeLosses, MiVaeWeights
from models.spikes.mivae.priors import ConditionalPrior
from models.spikes.mivae.sides import Vectors, VectorSide
from models.spikes.simulation.two_modalities import TwoModalities
from models.spikes.units import Floats
from models.training.fit import FitSettings, fit
from models.training.objectives import OWN_LOSSES

LOOP = FitSettings(epochs=30, batch_size=256, learning_rate=2e-3, weight_decay=0.0, warmup_epochs=1, clip=10.0)


@dataclass(frozen=True, slots=True)
class VectorSettings:
    """Sizes, weights and training.

    ``n_private`` latents are of x alone, ``n_irrelevant`` of y alone; ``conditional`` False: priors N(0, 1), a plain
    split VAE of two modalities.
    """

    n_shared: int = 3
    n_private: int = 2
    n_irrelevant: int = 2
    conditional: bool = True
    weights: MiVaeWeights = field(default_factory=MiVaeWeights)
    ramp: int = 400
    fit: FitSettings = LOOP


def batch_of(data: TwoModalities) -> Vectors:
    """Return all samples."""
    return Vectors(
        torch.from_numpy(data.x)[:, None],
        torch.from_numpy(data.y)[:, None],
        torch.from_numpy(data.u_m),
        torch.from_numpy(data.u_c),
    )


def learn_vectors(data: TwoModalities, settings: VectorSettings, seed: int = 0) -> MiVae:
    """Train on all samples."""
    torch.manual_seed(seed)
    s, batch = settings, batch_of(data)
    conditional = s.conditional
    network = MiVae(
        VectorSide("x", data.x.shape[1], s.n_shared + s.n_private),
        VectorSide("y", data.y.shape[1], s.n_shared + s.n_irrelevant),
        ConditionalPrior(int(data.u_c.max()) + 1, 0, s.n_shared, conditional=conditional),
        ConditionalPrior(int(data.u_m.max()) + 1, 0, s.n_private, conditional=conditional),
        s.n_shared,
    )
    losses = MiVaeLosses(network, lambda rows: _taken(batch, rows), s.weights, s.ramp)
    rows = torch.arange(len(data.x))
    fit(losses, list(losses.parameters()), (rows, rows), replace(s.fit, seed=seed), own=OWN_LOSSES)
    return network


def _taken(data: Vectors, rows: Tensor) -> Vectors:
    return Vectors(data.x[rows], data.y[rows], data.session[rows], data.label[rows])


@torch.no_grad()
def blocks_of(network: MiVae, data: TwoModalities) -> dict[str, Floats]:
    """Return posterior means (n_samples, n_latents) of ``shared x``, ``private x``, ``shared y`` and ``private y``."""
    network.eval()
    batch, found = batch_of(data), {}
    for name, side in (("x", network.x), ("y", network.y)):
        blocks = network.blocks(side, batch)
        found[f"shared {name}"] = np.asarray(blocks.shared.mean[:, 0])
        found[f"private {name}"] = np.asarray(blocks.private.mean[:, 0])
    return found
