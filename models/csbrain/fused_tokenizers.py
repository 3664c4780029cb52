"""The tokenizers as one matrix product and one sum of rows.

Three convolutions of kernels 1, 3 and 5 side by side are five taps. Each token is multiplied once by all taps that
read it, without zeros: the centre tap has all outputs, its neighbours the half of kernels 3 and 5, the outermost the
quarter of kernel 5. With quarters of d_model as blocks, every block of an output is then a sum of blocks of these
products, and which ones is a table made once for a shape. On a ring of fewer than five electrodes several taps read the
same one; they are added beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from models.csbrain.packed_linear import MakeLinear
from models.csbrain.tokenizers import KERNELS, RegionTokenizer, TemporalTokenizer

QUARTERS = 4
_REACH = max(KERNELS) // 2
_FIRST_QUARTER = (0, 2, 3)
"""First quarter of the outputs that a tap at distance 0, 1, 2 has: kernel 1 has two, kernels 3 and 5 one each."""

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Tap:
    """Reads the token ``offset`` places further and adds to all quarters from ``first`` on."""

    offset: int
    first: int


class Taps:
    """Three convolutions as one linear map, and where its results belong.

    Parameters
    ----------
    convolutions
        Kernels 1, 3 and 5.
    ring
        Length of the ring along which they run; 0 for a line with zeros beyond its ends.
    """

    def __init__(self, convolutions: nn.ModuleList, ring: int) -> None:
        kernel, bias = _five_taps(convolutions)
        self._ring = ring
        self._taps: list[_Tap] = []
        parts: dict[int, Tensor] = {}
        # From the centre outwards, so that a merged tap starts at the first quarter of any of its parts.
        for offset in sorted(range(-_REACH, _REACH + 1), key=abs):
            if ring == 1 and offset:
                continue  # zeros beyond the ends, as in the released code
            place = offset % ring if ring else offset
            if place not in parts:
                self._taps.append(_Tap(place, _FIRST_QUARTER[abs(offset)]))
                parts[place] = torch.zeros_like(kernel[0])
            parts[place] = parts[place] + kernel[offset + _REACH]
        quarter = len(bias) // QUARTERS
        self.weight = torch.cat([parts[tap.offset][tap.first * quarter :] for tap in self._taps])
        self.bias = torch.cat([bias, bias.new_zeros(len(self.weight) - len(bias))])
        self.width = len(self.weight) // quarter

    def sources(self, rows: Indices) -> tuple[Indices, Indices]:
        """Return pairs of an output block and a product block that is part of it.

        Parameters
        ----------
        rows
            Number of the token, (sequences, length).
        """
        length = rows.shape[1]
        outputs, products, column = [], [], 0
        for tap in self._taps:
            read = np.arange(length) + tap.offset
            if self._ring:
                read %= length
            to = np.flatnonzero((read >= 0) & (read < length))
            for quarter in range(tap.first, QUARTERS):
                outputs.append(rows[:, to].ravel() * QUARTERS + quarter)
                products.append(rows[:, read[to]].ravel() * self.width + column)
                column += 1
        return np.concatenate(outputs), np.concatenate(products)


def _five_taps(convolutions: nn.ModuleList) -> tuple[Tensor, Tensor]:
    """Return kernels 1, 3 and 5 as one kernel 5, (5, d_model, d_model), and the bias."""
    branches = [cast("nn.Conv2d", conv) for conv in convolutions]
    d_model = branches[0].weight.shape[1]
    kernel, start = branches[0].weight.new_zeros(2 * _REACH + 1, d_model, d_model), 0
    for conv, taps in zip(branches, KERNELS, strict=True):
        around = slice(_REACH - taps // 2, _REACH + taps // 2 + 1)
        kernel[around, start : start + conv.out_channels] = conv.weight[..., 0].permute(2, 0, 1)
        start += conv.out_channels
    return kernel, torch.cat([cast("Tensor", conv.bias) for conv in branches])


class _BlockSums:
    """Sums of product blocks: which ones, for every output block."""

    def __init__(self, outputs: Indices, products: Indices, device: torch.device) -> None:
        counts = np.bincount(outputs)
        self._products = torch.from_numpy(products[np.argsort(outputs, kind="stable")]).to(device)
        self._starts = torch.from_numpy(np.cumsum(counts) - counts).to(device)

    def __call__(self, blocks: Tensor) -> Tensor:
        """Return the sums, (output blocks, d_model / 4)."""
        return F.embedding_bag(self._products, blocks, self._starts, mode="sum")


class FusedTemporal:
    """Adds the temporal tokens to every electrode's own."""

    def __init__(self, tokenizer: TemporalTokenizer, linear: MakeLinear) -> None:
        self._taps = Taps(tokenizer.convs, ring=0)
        self._products = linear(self._taps.weight, self._taps.bias)
        self._reread = tokenizer.layout == "official"

    def bind(self, h: Tensor) -> Callable[[], None]:
        """Return what changes ``h`` (channels, batch, patches, d_model) in place."""
        channels, batch, patches, d_model = h.shape
        columns = h.view(-1, d_model, patches).transpose(1, 2) if self._reread else h.view(-1, patches, d_model)
        rows = np.arange(channels * batch * patches).reshape(-1, patches)
        sums = _BlockSums(*self._taps.sources(rows), h.device)

        def step() -> None:
            products = self._products(columns.reshape(-1, d_model))
            columns.add_(sums(products.view(-1, d_model // QUARTERS)).view(columns.shape))

        return step


@dataclass(frozen=True, slots=True)
class _Region:
    """Electrodes ``start`` to ``stop`` and what their tokens are multiplied by, transposed as ``addmm`` takes it."""

    start: int
    stop: int
    taps: Taps
    weight: Tensor


class FusedRegional:
    """Adds the regional tokens to every patch's own.

    Regions differ in size and in weights: one product each, written into one buffer, and one sum for all. One batch of
    padded products would multiply zeros: at 7-3-4-2-3 electrodes nearly twice the work.
    """

    def __init__(self, tokenizer: RegionTokenizer) -> None:
        self._regions: list[_Region] = []
        start = 0
        for block, size in zip(tokenizer.region_blocks.values(), tokenizer.sizes, strict=True):
            if size:
                taps = Taps(cast("nn.ModuleList", block), ring=size)
                self._regions.append(_Region(start, start + size, taps, taps.weight.T.contiguous()))
            start += size

    def bind(self, h: Tensor) -> Callable[[], None]:
        """Return what changes ``h`` (channels, batch, patches, d_model), channels sorted by region, in place."""
        d_model, per_channel = h.shape[3], h.shape[1] * h.shape[2]
        outputs: list[Indices] = []
        products: list[Indices] = []
        lengths: list[int] = []
        for region in self._regions:
            rows = np.arange((region.stop - region.start) * per_channel).reshape(-1, per_channel).T
            to, of = region.taps.sources(rows)
            outputs.append(to + region.start * per_channel * QUARTERS)
            products.append(of + sum(lengths))
            lengths.append(rows.size * region.taps.width)
        sums = _BlockSums(np.concatenate(outputs), np.concatenate(products), h.device)
        blocks = h.new_empty(sum(lengths), d_model // QUARTERS)
        maps = [
            (r.taps.bias, h[r.start : r.stop].view(-1, d_model), r.weight, part.view(-1, len(r.taps.weight)))
            for r, part in zip(self._regions, torch.split(blocks, lengths), strict=True)
        ]

        def step() -> None:
            for bias, tokens, weight, part in maps:
                torch.addmm(bias, tokens, weight, out=part)
            h.add_(sums(blocks).view(h.shape))

        return step
