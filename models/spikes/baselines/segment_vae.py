"""VAE, iVAE and pi-VAE on plain vectors: how much a prior that knows the segment is worth.

- ``vae``: prior N(0, 1), posterior from the observation.
- ``ivae``: prior from the segment, posterior from observation and segment (Khemakhem et al. 2020, AISTATS).
- ``pi_vae``: the same prior; the posterior is the product of the encoder's Gaussian and the prior (Zhou & Wei 2020,
  NeurIPS). Latents are those of the encoder alone.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.spikes.gaussians import Gaussian, kl, product, standard_like
from models.spikes.units import Floats
from pipelines.errors import ModelError

Kind = Literal["vae", "ivae", "pi_vae"]
HIDDEN, RATE, BATCH = 64, 2e-3, 512


def mlp(n_in: int, n_out: int) -> nn.Sequential:
    """Return a network with two hidden layers of 64 and leaky rectification (slope .1)."""
    sizes = [n_in, HIDDEN, HIDDEN]
    layers: list[nn.Module] = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), nn.LeakyReLU(0.1)]
    return nn.Sequential(*layers, nn.Linear(HIDDEN, n_out))


class SegmentVae(nn.Module):
    """One of the three.

    Parameters
    ----------
    kind
        See the module.
    n_observed, n_latents, n_segments
        Sizes.
    """

    def __init__(self, kind: Kind, n_observed: int, n_latents: int, n_segments: int) -> None:
        super().__init__()
        self.kind, self.n_segments = kind, n_segments
        self.encoder = mlp(n_observed + (n_segments if kind == "ivae" else 0), 2 * n_latents)
        self.decoder = mlp(n_latents, n_observed)
        self.log_noise = nn.Parameter(torch.zeros(()))
        if kind != "vae":
            self.prior = nn.Embedding(n_segments, 2 * n_latents)
            nn.init.normal_(self.prior.weight, std=0.1)

    def encode(self, observed: Tensor, segment: Tensor) -> Gaussian:
        """Return the encoder's Gaussian (n_samples, n_latents) of observations (n_samples, n_observed)."""
        if self.kind == "ivae":
            one_hot = nn.functional.one_hot(segment, self.n_segments).to(observed.dtype)
            observed = torch.cat([observed, one_hot], dim=1)
        return Gaussian.of(self.encoder(observed))

    def loss(self, observed: Tensor, segment: Tensor) -> Tensor:
        """Return the negative evidence bound (nat per sample), but for constants."""
        found = self.encode(observed, segment)
        prior = standard_like(found) if self.kind == "vae" else Gaussian.of(self.prior(segment))
        posterior = product(found, prior) if self.kind == "pi_vae" else found
        error = (observed - self.decoder(posterior.sample())).square()
        misfit = 0.5 * (error * (-self.log_noise).exp() + self.log_noise)
        total: Tensor = (misfit.sum(1) + kl(posterior, prior).sum(1)).mean()
        return total


def fit_segment_vae(
    kind: Kind, observed: Floats, segment: NDArray[np.int64], n_latents: int, steps: int = 2500, seed: int = 0
) -> Floats:
    """Train on all samples; return their latents (n_samples, n_latents).

    Adam at 2e-3 with cosine decay, batches of 512.

    Raises
    ------
    ModelError
        If the loss is not finite.
    """
    x, u = torch.as_tensor(observed), torch.as_tensor(segment)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = SegmentVae(kind, observed.shape[1], n_latents, int(segment.max()) + 1)
        optimiser = torch.optim.Adam(module.parameters(), RATE)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        for step in range(steps):
            rows = torch.randint(len(x), (min(BATCH, len(x)),))
            loss = module.loss(x[rows], u[rows])
            if not torch.isfinite(loss):
                raise ModelError(f"{kind}: the loss of step {step} is not finite")
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
    with torch.inference_mode():
        return np.asarray(module.encode(x, u).mean.numpy(), np.float32)
