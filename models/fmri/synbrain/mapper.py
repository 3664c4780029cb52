"""The Semantic-to-Neural mapper: image tokens to the mean of the neural latent, by a transformer in one step."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.fmri.synbrain.size import MapperSize
from pipelines.errors import ConfigError


class Block(nn.Module):
    """Pre-norm attention and MLP; published also modulated by a condition that never changes (adaLN-Zero)."""

    def __init__(self, width: int, size: MapperSize) -> None:
        super().__init__()
        affine = not size.conditioning
        hidden = round(width * size.mlp_ratio)
        self.heads, self.dropout = size.heads, size.dropout
        self.norm_attention = nn.LayerNorm(width, eps=1e-6, elementwise_affine=affine)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm_mlp = nn.LayerNorm(width, eps=1e-6, elementwise_affine=affine)
        self.mlp = nn.Sequential(
            nn.Linear(width, hidden), nn.GELU(approximate="tanh"), nn.Dropout(size.dropout), nn.Linear(hidden, width)
        )
        self.modulation = _zeroed(nn.Linear(width, 6 * width)) if size.conditioning else None

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:
        """Map (batch, m, width) to the same; ``condition`` is (width,), or None."""
        shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = self._modulated(condition)
        x = x + gate_a * self._attend(self.norm_attention(x) * (1 + scale_a) + shift_a)
        mlp: Tensor = self.mlp(self.norm_mlp(x) * (1 + scale_m) + shift_m)
        return x + gate_m * mlp

    def _modulated(self, condition: Tensor | None) -> tuple[Tensor | float, ...]:
        if self.modulation is None or condition is None:
            return (0.0, 0.0, 1.0, 0.0, 0.0, 1.0)
        parts: tuple[Tensor, ...] = self.modulation(F.silu(condition)).chunk(6)
        return parts

    def _attend(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        drop = self.dropout if self.training else 0.0
        joined: Tensor = self.out(F.scaled_dot_product_attention(q, k, v, dropout_p=drop).transpose(1, 2).flatten(2))
        return joined


class Mapper(nn.Module):
    """Predict the latent itself: the last layer begins at zero and has no skip from the tokens.

    Parameters
    ----------
    size
        See :class:`MapperSize`.
    tokens
        Shape (m, d) of image tokens and of the latent.

    Raises
    ------
    ConfigError
        If the width is odd or the heads do not divide it.
    """

    positions: Tensor

    def __init__(self, size: MapperSize, tokens: tuple[int, int]) -> None:
        super().__init__()
        m, d = tokens
        width = size.width or d
        if width % size.heads or width % 2:
            raise ConfigError(f"mapper.width = {width}: must be even and a multiple of heads = {size.heads}")
        self.size, self.tokens = size, tokens
        self.enter = nn.Linear(d, width)
        self.register_buffer("positions", sine_positions(m, width), persistent=False)
        self.blocks = nn.ModuleList(Block(width, size) for _ in range(size.depth))
        self.norm = nn.LayerNorm(width, eps=1e-6, elementwise_affine=not size.conditioning)
        self.leave = _zeroed(nn.Linear(width, d))
        self.condition = _TimeOfZero(width) if size.conditioning else None
        self.last_modulation = _zeroed(nn.Linear(width, 2 * width)) if size.conditioning else None
        self.ridge = _zeroed(nn.Linear(m * d, m * d)) if size.ridge_start else None

    def forward(self, tokens: Tensor) -> Tensor:
        """Map image tokens (batch, m, d) to means of latents (batch, m, d)."""
        condition = None if self.condition is None else self.condition()
        x = self.enter(tokens) + self.positions
        for block in self.blocks:
            x = block(x, condition)
        x = self.norm(x)
        if self.last_modulation is not None and condition is not None:
            shift, scale = self.last_modulation(F.silu(condition)).chunk(2)
            x = x * (1 + scale) + shift
        said: Tensor = self.leave(x)
        return said if self.ridge is None else said + self.ridge(tokens.flatten(1)).unflatten(1, self.tokens)

    def mlp_parameters(self) -> list[nn.Parameter]:
        """Return the weights of the MLP parts of the blocks, which alone follow a new subject."""
        return [parameter for block in self.blocks for parameter in block.get_submodule("mlp").parameters()]


class _TimeOfZero(nn.Module):
    """The published embedding of a time step that is always 0: cosines of 1 and sines of 0 through an MLP."""

    start: Tensor

    def __init__(self, width: int, n_frequencies: int = 256) -> None:
        super().__init__()
        self.register_buffer("start", torch.cat([torch.ones(n_frequencies // 2), torch.zeros(n_frequencies // 2)]))
        self.mlp = nn.Sequential(nn.Linear(n_frequencies, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self) -> Tensor:
        """Return (width,)."""
        said: Tensor = self.mlp(self.start)
        return said


def sine_positions(m: int, width: int) -> Tensor:
    """Return the usual frozen sines and cosines of positions, (m, width)."""
    rate = 10000 ** (-torch.arange(width // 2) / (width / 2))
    angle = torch.arange(m)[:, None] * rate
    return torch.cat([angle.sin(), angle.cos()], dim=1)


def _zeroed(linear: nn.Linear) -> nn.Linear:
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    return linear
