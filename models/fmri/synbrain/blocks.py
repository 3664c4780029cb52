"""Parts of BrainVAE along its positions: residual block, self-attention, halving, doubling, and a token's head."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F


class ResidualBlock(nn.Module):
    """Two convolutions of width 3, each after group normalisation and SiLU; (batch, channels, length)."""

    def __init__(self, n_in: int, n_out: int, groups: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.GroupNorm(groups, n_in), nn.SiLU(), nn.Conv1d(n_in, n_out, 3, padding=1))
        self.second = nn.Sequential(nn.GroupNorm(groups, n_out), nn.SiLU(), nn.Conv1d(n_out, n_out, 3, padding=1))
        self.skip = nn.Identity() if n_in == n_out else nn.Conv1d(n_in, n_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Keep the length, change the channels."""
        added: Tensor = self.skip(x) + self.second(self.first(x))
        return added


class PositionAttention(nn.Module):
    """Full self-attention of one head over the positions, added to its input."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels)
        self.qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.out = nn.Conv1d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape (batch, channels, length)."""
        q, k, v = (part.transpose(1, 2) for part in self.qkv(self.norm(x)).chunk(3, dim=1))
        added: Tensor = x + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2))
        return added


def middle(channels: int, groups: int) -> nn.Sequential:
    """Return residual block, attention, residual block."""
    return nn.Sequential(
        ResidualBlock(channels, channels, groups),
        PositionAttention(channels, groups),
        ResidualBlock(channels, channels, groups),
    )


def halving(channels: int, kernel: int) -> nn.Module:
    """Return the convolution that halves the length."""
    return nn.Conv1d(channels, channels, kernel, stride=2, padding=kernel // 2)


def doubling(channels: int) -> nn.Module:
    """Return the transposed convolution that doubles the length."""
    return nn.ConvTranspose1d(channels, channels, 4, stride=2, padding=1)


def token_head(widths: Sequence[int]) -> nn.Sequential:
    """Return layer normalisation, GELU and a linear map for every step between widths; along the last axis."""
    steps = itertools.pairwise(widths)
    return nn.Sequential(*(nn.Sequential(nn.LayerNorm(n), nn.GELU(), nn.Linear(n, m)) for n, m in steps))
