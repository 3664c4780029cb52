"""What a network is to the estimator around it: a module, its head, and the scale it expects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from pipelines.errors import ConfigError, RateMismatch

Scale = Literal["z_score", "hundred_microvolts", "percentile_95", "millivolts"]


@dataclass(frozen=True, slots=True)
class Shape:
    """What comes in and goes out.

    Parameters
    ----------
    n_times
        Samples of a window.
    n_classes
        Outputs.
    rate_hz
        Sampling rate; 0 where nobody said.
    channels
        10-10 names; empty where nobody said, the number of channels is then ``n_channels``.
    n_channels
        Columns.
    """

    n_channels: int
    n_times: int
    n_classes: int
    rate_hz: float = 0.0
    channels: tuple[str, ...] = ()

    def need_rate(self, network: str, rate_hz: float) -> None:
        """Refuse another sampling rate.

        Raises
        ------
        RateMismatch
            Naming both.
        """
        if abs(self.rate_hz - rate_hz) > 1e-6:
            raise RateMismatch(
                f"{network} works at {rate_hz:g} Hz, the windows have {self.rate_hz or 'no stated'} Hz: resample them "
                "in the recipe and set rate_hz"
            )

    def need_channels(self, network: str) -> tuple[str, ...]:
        """Return the channel names.

        Raises
        ------
        ConfigError
            If nobody said them.
        """
        if len(self.channels) != self.n_channels:
            raise ConfigError(f"{network} needs the 10-10 names of the {self.n_channels} channels: set channels")
        return self.channels


@dataclass(frozen=True, slots=True)
class Network:
    """A module that maps (batch, n_channels, n_times) to class scores (batch, n_classes).

    Parameters
    ----------
    module
        With its head.
    head
        Prefix of the head's parameter names; the rest is the backbone that weights are loaded into.
    scale
        How microvolts become what the module was made for.
    prefix
        Put before every name of the backbone where the module wraps the published one.
    """

    module: nn.Module
    head: str
    scale: Scale
    prefix: str = ""

    def head_parameters(self) -> list[nn.Parameter]:
        """Return the trainable tensors of the head."""
        return [p for name, p in self.module.named_parameters() if name.startswith(self.head)]


Builder = Callable[[Shape], Network]


class Scaler:
    """Microvolts to what a network expects; ``z_score`` learns mean and deviation of each channel in training."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self._mean: Tensor | float = 0.0
        self._deviation: Tensor | float = 1.0

    def fit(self, x: Tensor) -> None:
        """Learn from training windows (n_windows, n_channels, n_times)."""
        if self.scale == "z_score":
            self._mean = x.mean(dim=(0, 2), keepdim=True)
            self._deviation = x.std(dim=(0, 2), keepdim=True).clamp_min(1e-6)

    def __call__(self, x: Tensor) -> Tensor:
        """Scale windows (n_windows, n_channels, n_times)."""
        match self.scale:
            case "z_score":
                return (x - self._mean) / self._deviation
            case "hundred_microvolts":
                return x / 100.0
            case "millivolts":
                return x / 1000.0
            case "percentile_95":
                return x / torch.quantile(x.abs(), 0.95, dim=-1, keepdim=True).clamp_min(1e-6)
