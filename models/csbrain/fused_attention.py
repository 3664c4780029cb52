"""One encoder layer for inference: fewer products than in :mod:`models.csbrain.attention`, the same answer.

Tokens lie as (channels, batch, patches, d_model): a region is one piece of memory, and attention between electrodes
reads queries and keys where the product left them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.csbrain.attention import WINDOW, SelfAttention, StructuredSparseLayer
from models.csbrain.packed_linear import MakeLinear


class VisibleKeys:
    """Which keys each query sees, as tables for one shape.

    Between regions 61 to 87 % of the pairs are closed. Scores of all pairs are one batch of small products and cheap;
    the exponentials and the sum of the values are taken over the open pairs alone.

    Parameters
    ----------
    seen
        (queries, keys), true where a key may be seen.
    n_sequences
        How many such sets there are: tokens beside one another times heads.
    """

    def __init__(self, seen: Tensor, n_sequences: int) -> None:
        length = len(seen)
        widest = int(seen.sum(dim=1).max())
        # Open keys first; a query that sees fewer than the widest has closed ones at the end, and their share is zero.
        keys = torch.argsort(seen.int(), dim=1, descending=True, stable=True)[:, :widest]
        self.n_sequences, self.widest = n_sequences, widest
        self.closed = torch.zeros(seen.shape, device=seen.device).masked_fill(~seen, -math.inf)
        self.pairs = (torch.arange(length, device=seen.device).unsqueeze(1) * length + keys).T.flatten()
        sequences = torch.arange(n_sequences, device=seen.device).view(1, -1, 1)
        # Query, key and value of a head lie side by side: the value is the third.
        self.values = ((keys.unsqueeze(1) * n_sequences + sequences) * 3 + 2).flatten()
        self.starts = torch.arange(0, len(self.values), widest, device=seen.device)


class FusedAttention:
    """Multi-head attention along the first axis of (length, others, d_model).

    Left out, because softmax cancels it: the bias of the keys. Moved into the output's bias, because shares add up to
    one: the bias of the values. The scale is in the queries' weights.
    """

    def __init__(self, attention: SelfAttention, linear: MakeLinear) -> None:
        n_heads, out = attention.n_heads, attention.out_proj
        d_model = out.in_features
        self._width = d_model // n_heads
        query, key, value = attention.in_proj_weight.view(3, d_model, d_model)
        query_bias, _, value_bias = attention.in_proj_bias.view(3, d_model)
        scale = 1 / math.sqrt(self._width)
        # Head by head: query, key, value. (token, head) is then one batch axis with one stride, nothing is copied.
        rows = torch.stack([t.view(n_heads, self._width, d_model) for t in (query * scale, key, value)], dim=1)
        bias = torch.zeros_like(rows[..., 0])
        bias[:, 0] = query_bias.view(n_heads, self._width) * scale
        self._project = linear(rows.reshape(3 * d_model, d_model), bias.flatten())
        self._merge = linear(out.weight, out.bias + out.weight @ value_bias)

    def __call__(self, rows: Tensor, keys: VisibleKeys) -> Tensor:
        """Map rows (length * others, d_model) to the same shape."""
        return self._merge(self._mix(rows, keys))

    def add_to(self, h: Tensor, rows: Tensor, keys: VisibleKeys) -> None:
        """Add to ``h``, in place, what calling this gives."""
        self._merge.add_to(h, self._mix(rows, keys))

    def _mix(self, rows: Tensor, keys: VisibleKeys) -> Tensor:
        projected = self._project(rows)
        query, key, _ = projected.view(-1, keys.n_sequences, 3, self._width).permute(2, 1, 0, 3).unbind(0)
        scores = torch.baddbmm(keys.closed, query, key.transpose(1, 2)).view(keys.n_sequences, -1)
        # Softmax along a short last axis is slow, along the first it is not.
        picked = scores.index_select(1, keys.pairs).T.reshape(keys.widest, -1)
        shares = torch.softmax(picked, dim=0).T.reshape(-1)
        blocks = projected.view(-1, self._width)
        mixed = F.embedding_bag(keys.values, blocks, keys.starts, mode="sum", per_sample_weights=shares)
        return mixed.view(rows.shape)


class FusedLayer:
    """One layer of the encoder; see :class:`StructuredSparseLayer`."""

    def __init__(self, layer: StructuredSparseLayer, linear: MakeLinear) -> None:
        self._attention = _Attention(layer, linear) if layer.ssa else None
        self._norm = _Norm(layer.norm3)
        self._widen = linear(layer.linear1.weight, layer.linear1.bias, gelu=True)
        self._narrow = linear(layer.linear2.weight, layer.linear2.bias)

    def bind(self, h: Tensor, electrodes: VisibleKeys, windows: VisibleKeys | None) -> Callable[[], None]:
        """Return what changes ``h`` (channels, batch, patches, d_model) in place."""
        rows = h.view(-1, h.shape[-1])

        def step() -> None:
            if self._attention is not None:
                self._attention.add_to(h, electrodes, windows)
            self._narrow.add_to(rows, self._widen(self._norm(rows)))

        return step


class _Norm:
    """A layer normalisation with its weights as they are now."""

    def __init__(self, norm: nn.LayerNorm) -> None:
        self._weight, self._bias, self._eps = norm.weight.detach().clone(), norm.bias.detach().clone(), norm.eps

    def __call__(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, self._weight.shape, self._weight, self._bias, self._eps)


class _Attention:
    """The two attention blocks of a layer."""

    def __init__(self, layer: StructuredSparseLayer, linear: MakeLinear) -> None:
        d_model = layer.linear1.in_features
        self._norm_windows, self._norm_electrodes = _Norm(layer.norm1), _Norm(layer.norm2)
        window, out = layer.inter_window_attn, layer.inter_window_attn.out_proj
        value, value_bias = window.in_proj_weight[2 * d_model :], window.in_proj_bias[2 * d_model :]
        # With one window there is one key: attention is the map of the values, then that of the output.
        self._one_window = linear(out.weight @ value, out.weight @ value_bias + out.bias)
        self._windows = FusedAttention(window, linear)
        self._electrodes = FusedAttention(layer.inter_region_attn, linear)
        self._global = linear(layer.global_fc.weight, layer.global_fc.bias)
        # One row per region, not one per electrode: global_fc then has as few rows.
        self._members = torch.unique_consecutive(layer.region_mean, dim=0).ne(0).to(layer.region_mean).T.contiguous()
        self._means = (self._members / self._members.sum(dim=0)).T.contiguous()

    def add_to(self, h: Tensor, electrodes: VisibleKeys, windows: VisibleKeys | None) -> None:
        """Add both blocks to ``h`` (channels, batch, patches, d_model), one after the other, in place."""
        channels, _, _, d_model = h.shape
        rows = h.view(-1, d_model)
        if windows is None:
            self._one_window.add_to(rows, self._norm_windows(rows))
        else:
            self._between_windows(h, windows)
        y = self._norm_electrodes(rows)
        planes = y.view(channels, -1)
        regions = self._global((self._means @ planes).view(-1, d_model))
        planes.addmm_(self._members, regions.view(-1, planes.shape[1]))
        self._electrodes.add_to(rows, y, electrodes)

    def _between_windows(self, h: Tensor, keys: VisibleKeys) -> None:
        _, _, patches, d_model = h.shape
        n_windows = len(keys.closed)
        y = F.pad(self._norm_windows(h), (0, 0, 0, n_windows * WINDOW - patches))
        # Windows first: an axis of its own for attention, and all else behind it with one stride.
        z = y.view(-1, n_windows, WINDOW * d_model).transpose(0, 1).reshape(-1, d_model)
        mixed = self._windows(z, keys).view(n_windows, -1, WINDOW * d_model).transpose(0, 1)
        h.view(-1, patches, d_model).add_(mixed.reshape(-1, n_windows * WINDOW, d_model)[:, :patches])
