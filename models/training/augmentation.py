"""Changes of training windows that EEG itself could show: none inverts polarity, mixes electrodes or warps time."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from models.training.fit import Augment
from pipelines.plugins import PluginSettings


class Augmentation(PluginSettings):
    """How much of each; 0 leaves it out."""

    time_shift_s: float = Field(0.0, ge=0, description="Largest shift of a window (s); its ends are mirrored.")
    channel_dropout: float = Field(0.0, ge=0, lt=1, description="Chance of each channel to be silent in a window.")
    noise: float = Field(0.0, ge=0, description="Standard deviation of added noise, in those of its channel.")
    noise_band_hz: tuple[float, float] = Field((1.0, 45.0), description="The noise's band (Hz).")
    mixup: float = Field(0.0, ge=0, description="Parameter of the Beta distribution of mixing weights.")

    def augment(self, rate_hz: float, n_classes: int) -> Augment | None:
        """Return what changes a batch; None if nothing does. ``n_classes`` is 0 where targets are numbers."""
        if not (self.time_shift_s or self.channel_dropout or self.noise or self.mixup):
            return None

        def change(x: Tensor, y: Tensor, luck: torch.Generator) -> tuple[Tensor, Tensor]:
            if self.time_shift_s:
                x = shifted(x, round(self.time_shift_s * rate_hz), luck)
            if self.noise:
                x = x + band_noise(x, self.noise, self.noise_band_hz, rate_hz, luck)
            if self.channel_dropout:
                x = x * kept_channels(x, self.channel_dropout, luck)
            return mixed(x, y, self.mixup, n_classes, luck) if self.mixup else (x, y)

        return change


def shifted(x: Tensor, most: int, luck: torch.Generator) -> Tensor:
    """Shift each window (batch, n_channels, n_times) by up to ``most`` samples; what is missing is mirrored in time.

    A jump where a rolled window's ends meet would be an artefact that no recording has.
    """
    n = x.shape[-1]
    most = min(most, n - 1)
    shift = torch.randint(-most, most + 1, (len(x), 1), generator=luck)
    at = torch.arange(n)[None] + shift
    at = torch.where(at < 0, -at, at)
    at = torch.where(at > n - 1, 2 * (n - 1) - at, at).to(x.device)
    return torch.gather(x, 2, at[:, None].expand_as(x))


def band_noise(x: Tensor, amount: float, band_hz: tuple[float, float], rate_hz: float, luck: torch.Generator) -> Tensor:
    """Return Gaussian noise of a band, independent on every channel, ``amount`` standard deviations of it strong."""
    white = torch.randn(x.shape, generator=luck)
    frequencies = torch.fft.rfftfreq(x.shape[-1], 1 / rate_hz)
    inside = (frequencies >= band_hz[0]) & (frequencies <= band_hz[1])
    noise = torch.fft.irfft(torch.fft.rfft(white) * inside, n=x.shape[-1]).to(x.device)
    unit = noise / noise.std(dim=-1, keepdim=True).clamp_min(1e-12)
    scaled: Tensor = amount * x.std(dim=-1, keepdim=True) * unit
    return scaled


def kept_channels(x: Tensor, chance: float, luck: torch.Generator) -> Tensor:
    """Return 1 for channels that stay and 0 for silent ones, (batch, n_channels, 1); at least one stays."""
    lots = torch.rand(x.shape[:2], generator=luck)
    kept = (lots >= chance) | (lots == lots.amax(dim=1, keepdim=True))
    return kept[..., None].to(x.device, x.dtype)


def mixed(x: Tensor, y: Tensor, beta: float, n_classes: int, luck: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mix each window with another one of the batch, and their targets (Zhang et al. 2018, arXiv 1710.09412).

    Both weights are positive, so no polarity is inverted; windows are scaled to keep the power that uncorrelated
    signals have. Targets become shares of classes (batch, n_classes), numbers are averaged.
    """
    # Quantiles of a symmetric Beta distribution by two Gammas; the window itself always has the larger weight.
    gamma = torch._standard_gamma(torch.full((2, len(x)), beta), generator=luck).clamp_min(1e-12)
    own = gamma.amax(dim=0) / gamma.sum(dim=0)
    other = torch.randperm(len(x), generator=luck).to(x.device)
    w = own.to(x.device, x.dtype)
    power = (w.square() + (1 - w).square()).sqrt()
    windows = (w[:, None, None] * x + (1 - w)[:, None, None] * x[other]) / power[:, None, None]
    targets = torch.nn.functional.one_hot(y, n_classes).to(x.dtype) if n_classes else y
    w = w[:, None] if n_classes else w
    return windows, w * targets + (1 - w) * targets[other]
