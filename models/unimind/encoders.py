"""The encoder seam: anything that makes tokens of electrodes and seconds. CSBrain unless told otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, Protocol

import torch
from pydantic import Field
from torch import Tensor, nn

from models.csbrain.classifier import Architecture
from models.csbrain.montages import montage_of
from models.csbrain.network import CSBrain
from models.csbrain.sharing import share_weights
from models.unimind.spectral_encoder import SpectralEncoder
from pipelines.plugins import PluginSettings

EncoderKind = Literal["csbrain", "spectral", "labram", "cbramod"]


class EncoderSettings(PluginSettings):
    """Which encoder, and its size."""

    kind: EncoderKind = Field(
        "csbrain", description="csbrain; spectral, a small one; labram or cbramod, of braindecode."
    )
    n_layers: int = Field(2, ge=1, description="CSBrain: depth; the published one has 12.")
    d_model: int = Field(
        80, ge=40, description="CSBrain and spectral: features of a token; CSBrain: a multiple of 40 and n_heads; 200."
    )
    n_heads: int = Field(8, ge=1, description="CSBrain: heads of attention; 8.")
    d_ff: int = Field(160, ge=1, description="CSBrain: width of the feed-forward block; 800.")
    dropout: float = Field(0.1, ge=0, lt=1, description="CSBrain and spectral: used in training alone.")
    weights: str = Field("", description="CSBrain: checkpoint folder or file of official weights to begin with.")


class Encoder(Protocol):
    """A module that makes tokens; ``width`` is their length."""

    width: int

    def __call__(self, x: Tensor, channels: tuple[str, ...], rows: Tensor) -> Tensor:
        """Map windows (batch, n_channels, n_patches, 200) in µV to (batch, n_channels, n_patches, width).

        Channels come sorted by region and leave in the same order; ``rows`` (batch,) number the tasks from 1, 0 where
        the task is not known.
        """
        ...


class CSBrainEncoder(nn.Module):
    """CSBrain under every montage that it meets: one set of weights."""

    def __init__(self, settings: EncoderSettings) -> None:
        super().__init__()
        self.width = settings.d_model
        size = settings.model_dump(include={"n_layers", "d_model", "n_heads", "d_ff"})
        self._make = partial(_network, size, settings.dropout)
        self.network = self._make(("Cz",))
        # What only reconstruction needs is not trained, nor stored.
        self.network.proj_out = nn.Identity()  # type: ignore[assignment]
        self._views: dict[tuple[str, ...], CSBrain] = {}

    def forward(self, x: Tensor, channels: tuple[str, ...], rows: Tensor) -> Tensor:
        """See :class:`Encoder`."""
        if channels not in self._views:
            self._views[channels] = self._view(channels)
        return self._views[channels].features(x / 100.0)

    def _view(self, channels: tuple[str, ...]) -> CSBrain:
        with torch.random.fork_rng(devices=[]):
            view = self._make(channels)
        view.proj_out = nn.Identity()  # type: ignore[assignment]
        view.to(self.network.TemEmbedEEGLayer.convs[0].weight.device)  # type: ignore[arg-type]
        share_weights(self.network, view)
        return view.train(self.training)

    def train(self, mode: bool = True) -> CSBrainEncoder:
        """Put all views into a mode."""
        super().train(mode)
        for view in self._views.values():
            view.train(mode)
        return self

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> CSBrainEncoder:
        # Buffers of the views would stay behind: views are made again where they are asked for.
        self._views.clear()
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return self


def _network(size: dict[str, int], dropout: float, channels: Sequence[str]) -> CSBrain:
    montage = montage_of(channels)
    architecture = Architecture.model_validate({"regions": montage.regions, "order": montage.order, **size})
    return architecture.network(dropout=dropout)


def make_encoder(settings: EncoderSettings, n_tasks: int, channels: Sequence[str]) -> Any:
    """Make the encoder with fresh weights, for so many tasks and for these electrodes among others.

    Raises
    ------
    ModelError
        If sizes do not fit together.
    MissingDependency
        If braindecode is needed and not installed.
    """
    if settings.kind == "csbrain":
        return CSBrainEncoder(settings)
    if settings.kind == "spectral":
        return SpectralEncoder(n_tasks, channels, settings.d_model, settings.dropout)
    from models.unimind.braindecode_encoders import BraindecodeEncoder

    return BraindecodeEncoder(settings.kind)
