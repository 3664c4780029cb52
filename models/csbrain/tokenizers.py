"""Cross-scale tokenizers: three kernel sizes side by side, over time and over the electrodes of a region.

One module of each kind serves all layers (paper section 3.2; the released code shares the weights).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.csbrain.learning import learns_on_processor

KERNELS = (1, 3, 5)
N_REGIONS = 5
Layout = Literal["official", "transposed"]
_SMALL = 600
"""Features times places, up to which training makes one matrix product of all kernels; measured."""


def _convolutions(d_model: int) -> nn.ModuleList:
    """Half of the features at the finest scale, a quarter at the next, the rest at the coarsest; no padding."""
    outputs = (d_model // 2, d_model // 4, d_model - d_model // 2 - d_model // 4)
    return nn.ModuleList(nn.Conv2d(d_model, n, kernel_size=(k, 1)) for k, n in zip(KERNELS, outputs, strict=True))


def _cross_scale(convolutions: nn.ModuleList, z: Tensor, *, circular: bool) -> Tensor:
    """Convolve (batch, d_model, length) along its length at every scale; the length stays."""
    mode = "circular" if circular else "constant"
    columns = z.unsqueeze(-1)
    scales = [
        conv(F.pad(columns, (0, 0, k // 2, k // 2), mode=mode)) for conv, k in zip(convolutions, KERNELS, strict=True)
    ]
    return torch.cat(scales, dim=1).squeeze(-1)


def _learns_by_products(length: int, like: Tensor) -> bool:
    """Whether training takes :func:`_cross_scale_map`: convolutions as small as these cost a processor far more."""
    return length * like.shape[-1] <= _SMALL and learns_on_processor(like)


def _cross_scale_map(convolutions: nn.ModuleList, length: int, *, circular: bool) -> tuple[Tensor, Tensor]:
    """Return all scales as one linear map (d_model, length, d_model, length) of inputs to outputs, and its bias."""
    maps, biases = [], []
    for module, kernel in zip(convolutions, KERNELS, strict=True):
        conv = cast("nn.Conv2d", module)
        outputs, inputs = conv.weight.shape[:2]
        reads = _reads(kernel, length, circular).to(conv.weight)
        maps.append((conv.weight.reshape(-1, kernel) @ reads).reshape(outputs, inputs, length, length))
        biases.append(cast("Tensor", conv.bias))
    return torch.cat(maps).permute(1, 2, 0, 3), torch.cat(biases)


@cache
def _reads(kernel: int, length: int, circular: bool) -> Tensor:
    """Return which tap reads which place for which, (kernel, length · length); on a ring beyond its end, too."""
    found = torch.zeros(kernel, length, length)
    for tap in range(kernel):
        for to in range(length):
            place = to + tap - kernel // 2
            if circular or 0 <= place < length:
                found[tap, place % length, to] += 1.0
    return found.flatten(1)


class TemporalTokenizer(nn.Module):
    """Cross-scale convolution over the patches of each electrode.

    Parameters
    ----------
    d_model
        Features of a token.
    layout
        ``official`` re-reads the memory of (patches, d_model) as (d_model, patches) without transposing, as the
        released weights were trained: the kernels then slide over neighbouring features, and the channel mix spans
        all patches. ``transposed`` is what the paper describes; for weights trained that way.
    """

    def __init__(self, d_model: int, layout: Layout) -> None:
        super().__init__()
        self.layout = layout
        self.convs = _convolutions(d_model)

    def forward(self, h: Tensor) -> Tensor:
        """Map (batch, channels, patches, d_model) to the same shape."""
        batch, channels, patches, d_model = h.shape
        if _learns_by_products(patches, h):
            return self._by_products(h)
        if self.layout == "official":
            z = h.reshape(batch * channels, d_model, patches)
            return _cross_scale(self.convs, z, circular=False).reshape(h.shape)
        z = h.reshape(batch * channels, patches, d_model).transpose(1, 2)
        return _cross_scale(self.convs, z, circular=False).transpose(1, 2).reshape(h.shape)

    def _by_products(self, h: Tensor) -> Tensor:
        batch, channels, patches, d_model = h.shape
        weight, bias = _cross_scale_map(self.convs, patches, circular=False)
        if self.layout == "official":
            whole = bias.unsqueeze(1).expand(-1, patches)
        else:
            weight, whole = weight.permute(1, 0, 3, 2), bias.expand(patches, -1)
        rows = h.reshape(batch * channels, patches * d_model)
        answer = torch.addmm(whole.reshape(-1), rows, weight.reshape(patches * d_model, -1))
        return answer.reshape(h.shape)


class RegionTokenizer(nn.Module):
    """Cross-scale convolution over the electrodes of each region, one set of weights per region.

    Electrodes of a region form a ring (circular padding): the first and the last of the order are neighbours.

    Parameters
    ----------
    d_model
        Features of a token.
    sizes
        Electrodes in regions 0 to 4, in sorted order; a region without electrodes keeps its weights.
    """

    def __init__(self, d_model: int, sizes: Sequence[int]) -> None:
        super().__init__()
        self.sizes = tuple(sizes)
        self.region_blocks = nn.ModuleDict({f"region_{r}": _convolutions(d_model) for r in range(N_REGIONS)})

    def forward(self, h: Tensor) -> Tensor:
        """Map (batch, channels, patches, d_model), channels sorted by region, to the same shape."""
        if _learns_by_products(max(self.sizes), h):
            return self._by_products(h)
        tokens, start = [], 0
        for block, size in zip(self.region_blocks.values(), self.sizes, strict=True):
            if size:
                tokens.append(self._region(block, h[:, start : start + size]))
            start += size
        return torch.cat(tokens, dim=1)

    def _by_products(self, h: Tensor) -> Tensor:
        batch, channels, patches, d_model = h.shape
        rows = h.transpose(1, 2).reshape(batch * patches, channels * d_model)
        tokens, start = [], 0
        for block, size in zip(self.region_blocks.values(), self.sizes, strict=True):
            if size:
                assert isinstance(block, nn.ModuleList)
                weight, bias = _cross_scale_map(block, size, circular=size > 1)
                part = rows[:, start * d_model : (start + size) * d_model]
                square = weight.permute(1, 0, 3, 2).reshape(size * d_model, size * d_model)
                tokens.append(torch.addmm(bias.repeat(size), part, square))
            start += size
        return torch.cat(tokens, dim=1).reshape(batch, patches, channels, d_model).transpose(1, 2)

    @staticmethod
    def _region(block: nn.Module, part: Tensor) -> Tensor:
        assert isinstance(block, nn.ModuleList)
        batch, size, patches, d_model = part.shape
        z = part.permute(0, 2, 3, 1).reshape(batch * patches, d_model, size)
        # A ring of one electrode has no neighbours: zeros, as in the released code.
        tokens = _cross_scale(block, z, circular=size > 1)
        return tokens.reshape(batch, patches, d_model, size).permute(0, 3, 1, 2)
