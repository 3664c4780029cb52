"""SynBrain: image tokens to a distribution over single-trial responses.

p(y | x) = ∫ N(y; D(z), L L^t + D) N(z; f(x), S) dz. f is the mapper, D the decoder. S is learned from posteriors: what
trials of one image do to the latent. The released code adds noise of variance 1 in its place, or none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

from models.fmri.synbrain.likelihood import LowRankNoise
from models.fmri.synbrain.mapper import Mapper
from models.fmri.synbrain.mean_path import MeanPath
from models.fmri.synbrain.size import MapperSize, VaeSize
from models.fmri.synbrain.vae import BrainVae
from models.offline_checkpoint import load_offline
from pipelines.errors import CheckpointInvalid

MEAN_DRAWS = 32
"""Latents (in mirrored pairs) over which the mean is taken: the decoder is not linear."""


def load(folder: str | Path) -> SynBrain:
    """Read a trained model.

    Raises
    ------
    CheckpointInvalid
        If the folder is no whole checkpoint of SynBrain.
    """
    found = load_offline(folder, "synbrain")
    model = SynBrain.of_architecture(found.card.architecture)
    try:
        model.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in found.tensors.items()})
    except RuntimeError as exc:
        raise CheckpointInvalid(f"{found.folder}: weights do not fit the card's architecture: {exc}") from exc
    return model.eval()


class SynBrain(nn.Module):
    """Both stages.

    Parameters
    ----------
    vae, mapper
        Sizes.
    tokens
        Shape (m, d) of an image's tokens.
    parcels
        Parcel number of each voxel, (V,).
    latent_rank
        Of the correlated part of S.

    Raises
    ------
    ConfigError
        If the sizes do not go together.
    """

    spread: Tensor
    """Mean posterior variance of each latent number."""

    def __init__(
        self, vae: VaeSize, mapper: MapperSize, tokens: tuple[int, int], parcels: Sequence[int], latent_rank: int = 16
    ) -> None:
        super().__init__()
        self.vae, self.mapper = BrainVae(vae, tokens, parcels), Mapper(mapper, tokens)
        self.latent_noise = LowRankNoise(tokens[0] * tokens[1], latent_rank)
        self.mean_path = MeanPath(len(parcels), tokens[0] * tokens[1]) if mapper.skip else None
        self.register_buffer("spread", torch.full((tokens[0] * tokens[1],), 0.5))
        self.architecture: dict[str, Any] = {
            "vae": vae.model_dump(mode="json"), "mapper": mapper.model_dump(mode="json"), "tokens": list(tokens),
            "parcels": list(map(int, parcels)), "latent_rank": latent_rank,
        }  # fmt: skip

    @classmethod
    def of_architecture(cls, table: dict[str, Any]) -> SynBrain:
        """Make the network that a card's ``architecture`` describes, with weights of chance."""
        # Cards from before there was a closed form beside the networks do not name it.
        mapper = {"skip": False, **table["mapper"]}
        sizes = VaeSize.model_validate(table["vae"]), MapperSize.model_validate(mapper)
        return cls(*sizes, (table["tokens"][0], table["tokens"][1]), table["parcels"], table["latent_rank"])

    @torch.inference_mode()
    def predict_mean(self, tokens: Tensor) -> Tensor:
        """Return the expected response (n, V) to images (n, m, d)."""
        own = self.own_mean(tokens)
        return self.vae.scale.outward(own if self.mean_path is None else own + self.mean_path.shift(tokens, own))

    @torch.no_grad()
    def own_mean(self, tokens: Tensor) -> Tensor:
        """Return the deviations (n, V) that the networks by themselves expect."""
        self.eval()
        luck = torch.Generator().manual_seed(0)
        means = self.mapper(tokens)
        total = torch.zeros(len(tokens), len(self.vae.scale.mean))
        for _ in range(MEAN_DRAWS // 2):
            noise = self.latent_noise.sample(len(tokens), luck).reshape(means.shape)
            total += self.vae.decode(means + noise) + self.vae.decode(means - noise)
        return total / (2 * (MEAN_DRAWS // 2))

    def _shift(self, tokens: Tensor) -> Tensor | float:
        """Return what moves the networks' samples (n, V) to the mean that validation chose."""
        if self.mean_path is None or float(self.mean_path.share) == 1:
            return 0.0
        return self.mean_path.shift(tokens, self.own_mean(tokens))

    @torch.inference_mode()
    def sample(self, tokens: Tensor, n: int, seed: int = 0) -> Tensor:
        """Draw single-trial responses (n, n_images, V); the same seed gives the same ones."""
        self.eval()
        luck = torch.Generator().manual_seed(seed)
        means, shift = self.mapper(tokens), self._shift(tokens)
        draws = []
        for _ in range(n):
            latents = means + self.latent_noise.sample(len(tokens), luck).reshape(means.shape)
            deviations = self.vae.decode(latents) + shift + self.vae.noise.sample(len(tokens), luck)
            draws.append(self.vae.scale.outward(deviations))
        return torch.stack(draws)

    @torch.inference_mode()
    def log_prob(self, tokens: Tensor, voxels: Tensor, n: int = 32, seed: int = 0) -> Tensor:
        """Return the log density (n_trials,) of responses (n_trials, V) to images, in nats.

        By importance sampling from the latent's posterior given trial and image (Burda et al. 2016): a lower bound in
        the mean that rises to the density with ``n``, and equals it where the decoder is linear.
        """
        self.eval()
        luck = torch.Generator().manual_seed(seed)
        deviations = self.vae.scale.inward(voxels) - self._shift(tokens)
        said = self.mapper(tokens).flatten(1)
        centre, covariance = self._latents_given(deviations, said)
        proposal = MultivariateNormal(torch.zeros_like(self.spread), 0.5 * (covariance + covariance.T))
        weights = []
        for _ in range(n):
            step = torch.randn(centre.shape, generator=luck) @ proposal.scale_tril.T
            latents = centre + step
            seen = self.vae.noise.log_prob(deviations - self.vae.decode(latents.reshape(tokens.shape)))
            drawn: Tensor = proposal.log_prob(step)  # type: ignore[no-untyped-call]
            weights.append(seen + self.latent_noise.log_prob(latents - said) - drawn)
        average = torch.logsumexp(torch.stack(weights), dim=0) - math.log(n)
        return average - self.vae.scale.deviation.log().sum()

    def _latents_given(self, deviations: Tensor, said: Tensor) -> tuple[Tensor, Tensor]:
        """Return means (n_trials, numbers) and covariance of latents given trials and what the mapper said.

        Exact where the decoder is linear. Without a linear path the encoder's posterior stands for the likelihood.
        """
        known = torch.linalg.inv(self.latent_noise.covariance())
        if self.vae.linear is None:
            covariance = torch.linalg.inv(known + torch.diag(1 / self.spread - 1))
            return (said @ known + self._posterior(deviations)[0] / self.spread) @ covariance, covariance
        loading = self.vae.linear.outward.weight
        weighted = torch.linalg.solve(self.vae.noise.covariance(), loading)
        covariance = torch.linalg.inv(known + loading.T @ weighted)
        return said + (deviations - self.vae.decode(said)) @ weighted @ covariance, covariance

    @torch.no_grad()
    def view(self, voxels: Tensor, tokens: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return posterior means and variances (n_trials, numbers) of responses (n_trials, V).

        With tokens, of what the networks are left to explain beside the closed form.
        """
        deviations = self.vae.scale.inward(voxels)
        return self._posterior(deviations if tokens is None else deviations - self._shift(tokens))

    def _posterior(self, deviations: Tensor) -> tuple[Tensor, Tensor]:
        self.vae.eval()
        parts = [self.vae.encode(part) for part in torch.split(deviations, 256)]
        mean, log_variance = (torch.cat(column).flatten(1) for column in zip(*parts, strict=True))
        return mean, log_variance.exp()
