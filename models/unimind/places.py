"""Where a token comes from: its electrode on the head and its second in the window; no table of known montages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from pipelines.montage import positions

_LONGEST_PERIOD = 100.0
"""Seconds; of the sines that number the patches."""


class Places(nn.Module):
    """Tells tokens what electrode and second they are of.

    The electrode weighs what is in a token, and adds to it: a mean over electrodes can then still tell left from right.

    Parameters
    ----------
    width
        Of the tokens; even.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.of_electrode = nn.Sequential(nn.Linear(3, width), nn.GELU(), nn.Linear(width, 2 * width))
        self.of_second = nn.Linear(width, width, bias=False)
        self._known: dict[tuple[str, ...], Tensor] = {}

    def forward(self, tokens: Tensor, channels: tuple[str, ...]) -> Tensor:
        """Return (batch, n_electrodes, n_patches, width) that know their places."""
        weight, electrode = self.of_electrode(self._directions(channels).to(tokens)).chunk(2, dim=-1)
        second: Tensor = self.of_second(_sines(tokens.shape[2], tokens.shape[3]).to(tokens))
        return torch.addcmul(electrode[:, None] + second, tokens, 1 + weight[:, None])

    def _directions(self, channels: tuple[str, ...]) -> Tensor:
        if channels not in self._known:
            self._known[channels] = directions(channels)
        return self._known[channels]


def directions(channels: Sequence[str]) -> Tensor:
    """Return where electrodes lie on the unit sphere, (n_channels, 3).

    Raises
    ------
    ChannelMismatch
        Naming the channels without a 10-05 position.
    """
    xyz = positions(channels)
    return torch.from_numpy(xyz / np.linalg.norm(xyz, axis=1, keepdims=True)).float()


def _sines(n: int, width: int) -> Tensor:
    rates = _LONGEST_PERIOD ** -torch.linspace(0, 1, width // 2)
    angles = torch.arange(n)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)
