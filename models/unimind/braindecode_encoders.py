"""LaBraM and CBraMod of braindecode as encoders, with random weights or those of braindecode's own files."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn

from models.csbrain.sharing import share_weights
from pipelines.errors import ChannelMismatch, MissingDependency, SpecMismatch

LONGEST = 16
"""Seconds for which LaBraM has places, as published."""


def _networks() -> Any:
    try:
        from models.deep.braindecode_networks import networks

        return networks()
    except ModuleNotFoundError as exc:
        raise MissingDependency(f"this encoder needs the package {exc.name!r}: pip install 'bci-app[bench]'") from exc


class BraindecodeEncoder(nn.Module):
    """One network for all montages and lengths; see :class:`models.unimind.encoders.Encoder`."""

    width = 200

    def __init__(self, kind: Literal["labram", "cbramod"]) -> None:
        super().__init__()
        self._kind, self._library = kind, _networks()
        self.network = self._make(LONGEST)
        self._views: dict[int, nn.Module] = {}

    def forward(self, x: Tensor, channels: tuple[str, ...], rows: Tensor) -> Tensor:
        """Map windows in µV to tokens.

        Raises
        ------
        ChannelMismatch
            If LaBraM has no place for a channel.
        SpecMismatch
            If a window is longer than LaBraM's places.
        """
        flat = x.flatten(2) / 100.0
        if self._kind == "cbramod":
            tokens = self.network(flat, return_features=True)["features"]
        else:
            view = self._view(x.shape[2])
            try:
                tokens = view(flat, return_features=True, ch_names=[name.upper() for name in channels])["features"]
            except ValueError as exc:
                raise ChannelMismatch(f"LaBraM: {exc}") from exc
        found: Tensor = tokens.reshape(*x.shape[:3], self.width)
        return found

    def _view(self, seconds: int) -> nn.Module:
        if seconds > LONGEST:
            raise SpecMismatch(f"LaBraM: a window of {seconds} s; it has places for {LONGEST} s at most")
        if seconds not in self._views:
            with torch.random.fork_rng(devices=[]):
                view = self._make(seconds)
            share_weights(self.network, view)
            del view.temporal_embedding
            self._views[seconds] = view.to(self.network.temporal_embedding.device)  # type: ignore[arg-type]
        view = self._views[seconds].train(self.training)
        view.temporal_embedding = self.network.temporal_embedding[:, : seconds + 1]  # type: ignore[index]
        return view

    def _make(self, seconds: int) -> nn.Module:
        shape = {"n_outputs": 2, "n_times": 200 * seconds, "sfreq": 200.0}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if self._kind == "cbramod":
                made: nn.Module = self._library.CBraMod(n_chans=1, return_encoder_output=True, **shape)
            else:
                made = self._library.Labram(n_chans=1, **shape)
                made.final_layer = nn.Identity()
        return made

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> BraindecodeEncoder:
        self._views.clear()
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return self
