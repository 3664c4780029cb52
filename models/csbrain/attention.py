"""Structured sparse attention: between windows in time, then between regions, then the feed-forward network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.csbrain.dropout import Dropout, kept
from models.csbrain.learning import learns_on_processor

WINDOW = 5
"""Patches in one window of inter-window attention."""


def inter_region_mask(sizes: Sequence[int]) -> Tensor:
    """Return which electrodes see which, bool (channels, channels), channels sorted by region.

    Group k takes electrode k modulo n from every region of n electrodes, k running to the largest region's size; two
    electrodes see each other when some group holds both. So every electrode sees itself, and never another one of
    its own region.
    """
    starts = [sum(sizes[:r]) for r in range(len(sizes))]
    seen = torch.zeros(sum(sizes), sum(sizes), dtype=torch.bool)
    for k in range(max(sizes)):
        group = torch.tensor([start + k % n for start, n in zip(starts, sizes, strict=True) if n])
        seen[group.unsqueeze(1), group] = True
    return seen


def region_mean_matrix(sizes: Sequence[int]) -> Tensor:
    """Return the matrix (channels, channels) that replaces every electrode by its region's mean."""
    counts = torch.tensor(list(sizes))
    region = torch.repeat_interleave(torch.arange(len(sizes)), counts)
    return (region.unsqueeze(1) == region) / counts[region]


class SelfAttention(nn.Module):
    """Multi-head self-attention with the parameter names of ``torch.nn.MultiheadAttention``."""

    def __init__(self, d_model: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads, self.dropout = n_heads, dropout
        self.in_proj_weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(3 * d_model, d_model)))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * d_model))
        self.out_proj = nn.Linear(d_model, d_model)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend along the second axis of (batch, length, d_model); ``mask`` true where a key may be seen."""
        batch, length, d_model = x.shape
        if length == 1 and learns_on_processor(x):
            return self._alone(x)
        projected = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        heads = projected.reshape(batch, length, 3, self.n_heads, d_model // self.n_heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(
            heads[0], heads[1], heads[2], attn_mask=mask, dropout_p=self.dropout if self.training else 0.0
        )
        answer: Tensor = self.out_proj(mixed.transpose(1, 2).reshape(batch, length, d_model))
        return answer

    def _alone(self, x: Tensor) -> Tensor:
        """Attend where there is one position: it sees itself, so that queries and keys need not be known."""
        d_model = x.shape[-1]
        values = F.linear(x, self.in_proj_weight[2 * d_model :], self.in_proj_bias[2 * d_model :])
        if self.training and self.dropout:
            heads = values.reshape(*values.shape[:-1], self.n_heads, -1)
            values = (heads * kept(heads[..., :1].shape, self.dropout).to(x.dtype)).flatten(-2)
        answer: Tensor = self.out_proj(values)
        return answer


class StructuredSparseLayer(nn.Module):
    """One layer of the encoder: three pre-normalised residual blocks.

    Parameters
    ----------
    sizes
        Electrodes in regions 0 to 4, in sorted order.
    d_model, n_heads, d_ff, dropout
        As in a Transformer.
    ssa
        Whether there is attention at all; without it the feed-forward block is left, for ablations.
    """

    mask: Tensor
    region_mean: Tensor

    def __init__(
        self, sizes: Sequence[int], d_model: int, n_heads: int, d_ff: int, dropout: float, *, ssa: bool = True
    ) -> None:
        super().__init__()
        self.ssa = ssa
        if ssa:
            self.inter_window_attn = SelfAttention(d_model, n_heads, dropout)
            self.inter_region_attn = SelfAttention(d_model, n_heads, dropout)
            self.global_fc = nn.Linear(d_model, d_model)
            self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.linear1 = nn.Linear(d_model, d_ff)
        self.linear2 = nn.Linear(d_ff, d_model)
        self.norm3 = nn.LayerNorm(d_model)
        self.dropout = Dropout(dropout)
        # Not persistent: the montage is no part of the weights, one file serves every electrode set.
        self.register_buffer("mask", inter_region_mask(sizes), persistent=False)
        self.register_buffer("region_mean", region_mean_matrix(sizes), persistent=False)

    def forward(self, h: Tensor) -> Tensor:
        """Map (batch, channels, patches, d_model), channels sorted by region, to the same shape."""
        if self.ssa:
            h = h + self.dropout(self._between_windows(self.norm1(h)))
            h = h + self.dropout(self._between_regions(self.norm2(h)))
        spread: Tensor = self.linear2(self.dropout(F.gelu(self.linear1(self.norm3(h)))))
        return torch.add(h, self.dropout(spread))

    def _between_windows(self, y: Tensor) -> Tensor:
        """Let each position of a window see the same position of the other windows of its electrode."""
        batch, channels, patches, d_model = y.shape
        width = min(patches, WINDOW)
        n_windows = -(-patches // width)
        # Padding patches are seen like real ones (the released weights know it): prefer T <= 5 or a multiple of 5.
        padded = F.pad(y, (0, 0, 0, n_windows * width - patches))
        z = padded.reshape(batch, channels, n_windows, width, d_model).transpose(2, 3)
        mixed: Tensor = self.inter_window_attn(z.reshape(-1, n_windows, d_model)).reshape(z.shape).transpose(2, 3)
        return mixed.reshape(batch, channels, n_windows * width, d_model)[:, :, :patches]

    def _between_regions(self, y: Tensor) -> Tensor:
        """Add each region's mean to its electrodes, then let electrodes of different regions see one another."""
        batch, channels, patches, d_model = y.shape
        z = y.transpose(1, 2).reshape(batch * patches, channels, d_model)
        z = z + self.global_fc(self.region_mean @ z)
        mixed: Tensor = self.inter_region_attn(z, self.mask)
        return mixed.reshape(batch, patches, channels, d_model).transpose(1, 2)
