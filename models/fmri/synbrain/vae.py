"""BrainVAE: voxels to a latent of the image tokens' shape and back, with a mean and a scale for each voxel outside."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.fmri.synbrain.blocks import ResidualBlock, doubling, halving, middle, token_head
from models.fmri.synbrain.likelihood import LowRankNoise
from models.fmri.synbrain.size import VaeSize
from models.fmri.synbrain.stems import stem_of
from pipelines.errors import ConfigError

FEW_TOKENS = 8
"""Of images with fewer tokens the latent is cut into other pieces: a convolution with so few channels says nothing."""
FACTOR_STEPS = 30
LEAST_LOG_VARIANCE = -12.0
LEAST_OWN = 0.02
"""Least share of a voxel's variance that factor analysis leaves to the voxel alone."""


class VoxelScale(nn.Module):
    """Mean and standard deviation of each voxel; the networks see deviations in those."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, n_voxels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(n_voxels))
        self.register_buffer("deviation", torch.ones(n_voxels))

    def set(self, voxels: Tensor) -> None:
        """Take both from training trials (n_trials, V); a voxel that never varies keeps scale 1."""
        deviation = voxels.std(dim=0)
        self.mean.copy_(voxels.mean(dim=0))
        self.deviation.copy_(torch.where(deviation > 0, deviation, 1.0))

    def inward(self, voxels: Tensor) -> Tensor:
        """Return deviations in standard deviations."""
        return (voxels - self.mean) / self.deviation

    def outward(self, deviations: Tensor) -> Tensor:
        """Return voxels in the units of the data."""
        return self.mean + self.deviation * deviations


class LinearPath(nn.Module):
    """A linear encoder and decoder beside the blocks, and gates by which the blocks come in from nothing."""

    def __init__(self, n_voxels: int, n_latent: int) -> None:
        super().__init__()
        self.inward, self.outward = nn.Linear(n_voxels, n_latent), nn.Linear(n_latent, n_voxels)
        self.log_variance = nn.Parameter(torch.zeros(n_latent))
        self.gates = nn.Parameter(torch.zeros(3))

    def encode(self, deviations: Tensor, mean: Tensor, log_variance: Tensor) -> tuple[Tensor, Tensor]:
        """Add what the blocks say of the posterior, (batch, n_latent) each, to the linear part."""
        own = self.inward(deviations)
        return own + self.gates[0] * mean, self.log_variance + self.gates[1] * log_variance

    def decode(self, latents: Tensor, voxels: Tensor) -> Tensor:
        """Add the blocks' voxels (batch, V)."""
        own: Tensor = self.outward(latents)
        return own + self.gates[2] * voxels

    @torch.no_grad()
    def set(self, deviations: Tensor) -> Tensor:
        """Take factor analysis of deviations (n_trials, V); return each voxel's own variance (V,).

        By fixed-point steps in the scaled eigenbasis (Barber 2012, ch. 21.2.3). In that basis the true posterior of the
        linear model is diagonal, as BrainVAE's is.
        """
        covariance = (deviations.T @ deviations / len(deviations)).double()
        own = 0.5 * covariance.diagonal()
        most = max(1, min(len(self.log_variance), len(deviations) // 3, 3 * len(own) // 4))
        for _ in range(FACTOR_STEPS):
            power, axes = torch.linalg.eigh(covariance / torch.outer(own.sqrt(), own.sqrt()))
            power, axes = power.flip(0)[:most].clamp_min(1), axes.flip(1)[:, :most]
            loading = own.sqrt()[:, None] * axes * (power - 1).sqrt()
            own = (covariance.diagonal() - loading.square().sum(dim=1)).clamp_min(LEAST_OWN)
        self.read(loading.float(), own.float())
        return own.float()

    @torch.no_grad()
    def read(self, loading: Tensor, own: Tensor) -> None:
        """Decode by loadings (V, n <= n_latent), and encode as they and each voxel's own variance (V,) demand."""
        for tensor in (self.outward.weight, self.inward.weight, self.outward.bias, self.inward.bias, self.log_variance):
            tensor.zero_()
        n = loading.shape[1]
        scaled = loading / own[:, None]
        covariance = torch.linalg.inv(torch.eye(n) + loading.T @ scaled)
        self.outward.weight[:, :n] = loading
        self.inward.weight[:n] = covariance @ scaled.T
        self.log_variance[:n] = covariance.diagonal().log()


class BrainVae(nn.Module):
    """The variational autoencoder.

    Parameters
    ----------
    size
        See :class:`VaeSize`.
    tokens
        Shape (m, d) of the latent, that of the image tokens.
    parcels
        Parcel number of each voxel, (V,); a resampling stem uses their number alone.

    Raises
    ------
    ConfigError
        If the sizes do not go together.
    """

    def __init__(self, size: VaeSize, tokens: tuple[int, int], parcels: Sequence[int]) -> None:
        super().__init__()
        _check(size)
        m, d = _pieces(size, tokens)
        channels = [size.base * factor for factor in size.multipliers]
        short = size.length // 2**size.n_downs
        self.tokens, self.size = tokens, size
        self.scale = VoxelScale(len(parcels))
        self.stem = stem_of(size, parcels, channels[0])
        self.encoder = _encoder(size, channels, m)
        widths = (short, *size.hidden, d)
        self.mean_head, self.log_variance_head = token_head(widths), token_head(widths)
        self.decoder = nn.Sequential(token_head(widths[::-1]), *_decoder(size, channels, m))
        self.pieces = m, d
        self.linear = LinearPath(len(parcels), m * d) if size.linear_start else None
        self.noise = LowRankNoise(len(parcels), size.rank)

    def start(self, voxels: Tensor) -> None:
        """Take each voxel's scale, and the linear path where there is one, from training trials (n_trials, V)."""
        self.scale.set(voxels)
        if self.linear is not None:
            self.noise.set_diagonal(self.linear.set(self.scale.inward(voxels)))

    @torch.no_grad()
    def silence(self) -> None:
        """Let the posterior vary by nothing, for a deterministic autoencoder."""
        last = self.log_variance_head.get_submodule(f"{len(self.log_variance_head) - 1}.2")
        assert isinstance(last, nn.Linear)
        last.weight.zero_()
        last.bias.fill_(LEAST_LOG_VARIANCE)
        if self.linear is not None:
            self.linear.log_variance.fill_(LEAST_LOG_VARIANCE)

    def encode(self, deviations: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance (batch, m, d) of the posterior, from (batch, V)."""
        h = self.encoder(self.stem.to_positions(deviations))
        mean, log_variance = self.mean_head(h).flatten(1), self.log_variance_head(h).flatten(1)
        if self.linear is not None:
            mean, log_variance = self.linear.encode(deviations, mean, log_variance)
        mean, log_variance = (part.reshape(-1, *self.tokens) for part in (mean, log_variance))
        # exp() of what chance weights may say at first would overflow.
        return mean, log_variance.clamp(LEAST_LOG_VARIANCE, 6.0)

    def decode(self, latents: Tensor) -> Tensor:
        """Return expected deviations (batch, V) of latents (batch, m, d)."""
        voxels = self.stem.to_voxels(self.decoder(latents.reshape(-1, *self.pieces)))
        return voxels if self.linear is None else self.linear.decode(latents.flatten(1), voxels)

    def posterior(self, deviations: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return a latent drawn (outside training always the same), and the posterior's mean and log-variance."""
        mean, log_variance = self.encode(deviations)
        luck = None if self.training else torch.Generator(mean.device).manual_seed(0)
        noise = torch.randn(mean.shape, generator=luck, device=mean.device, dtype=mean.dtype)
        return mean + noise * (0.5 * log_variance).exp(), mean, log_variance


def _check(size: VaeSize) -> None:
    if size.n_downs > len(size.multipliers) or size.length % 2**size.n_downs:
        raise ConfigError(
            f"vae.length = {size.length} cannot be halved {size.n_downs} times in {len(size.multipliers)} levels"
        )
    if not size.kernel % 2:
        raise ConfigError(f"vae.kernel = {size.kernel}: must be odd")
    channels = (size.base * factor for factor in size.multipliers)
    if uneven := [n for n in (size.base, *channels) if n % size.groups]:
        raise ConfigError(f"vae.groups = {size.groups} does not divide {uneven[0]} channels")


def _pieces(size: VaeSize, tokens: tuple[int, int]) -> tuple[int, int]:
    """Return how many pieces the latent is made of, and how long they are."""
    m, d = tokens
    n = size.latent_tokens or (m if m >= FEW_TOKENS else max(k for k in range(1, 2 * FEW_TOKENS + 1) if m * d % k == 0))
    if m * d % n:
        raise ConfigError(f"vae.latent_tokens = {n} does not divide the {m * d} numbers of the latent")
    return n, m * d // n


def _encoder(size: VaeSize, channels: list[int], m: int) -> nn.Sequential:
    parts: list[nn.Module] = []
    before = size.base
    for level, n in enumerate(channels):
        for _ in range(size.encoder_blocks):
            parts.append(ResidualBlock(before, n, size.groups))
            before = n
        if level < size.n_downs:
            parts.append(halving(n, size.kernel))
    parts += [middle(before, size.groups), nn.GroupNorm(size.groups, before), nn.SiLU()]
    return nn.Sequential(*parts, nn.Conv1d(before, m, 3, padding=1))


def _decoder(size: VaeSize, channels: list[int], m: int) -> list[nn.Module]:
    before = channels[-1]
    parts: list[nn.Module] = [nn.Conv1d(m, before, 3, padding=1), middle(before, size.groups)]
    for level, n in reversed(list(enumerate(channels))):
        if level < size.n_downs:
            parts.append(doubling(before))
        for _ in range(size.decoder_blocks):
            parts.append(ResidualBlock(before, n, size.groups))
            before = n
    return parts
