"""A linear map whose weights are packed once for the processor it runs on."""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

_WORTH_PACKING = 100_000
"""Weights from which on oneDNN beats MKL: its operator takes 12 µs more to call, its kernels run 8 % faster."""


class LinearMap(Protocol):
    """What a fused network needs of a linear map."""

    def __call__(self, x: Tensor) -> Tensor:
        """Map contiguous rows (n, inputs) to (n, outputs)."""

    def add_to(self, rows: Tensor, x: Tensor) -> None:
        """Add the map of ``x`` to ``rows`` in place."""


class MakeLinear(Protocol):
    """What makes one: a class whose products have some precision."""

    def __call__(self, weight: Tensor, bias: Tensor, *, gelu: bool = False) -> LinearMap:
        """Take weight (outputs, inputs) and bias (outputs,)."""


class PackedLinear:
    """``x @ weight.T + bias``, then GELU if wanted, for inference.

    oneDNN's kernels apply bias and GELU to a block while it is in the cache. The two operators are those that
    ``torch.compile`` writes for a linear layer with constant weights; small maps, and all where oneDNN cannot be used
    or is the slower one, are computed by torch's own product.

    Parameters
    ----------
    weight, bias
        (outputs, inputs) and (outputs,).
    gelu
        Apply the exact (erf) GELU to the result.
    """

    def __init__(self, weight: Tensor, bias: Tensor, *, gelu: bool = False) -> None:
        # Copies: the network that they come from may be trained on.
        self._bias, self._gelu = bias.detach().clone(), gelu
        self._packed = _can_pack(weight) and weight.numel() >= _WORTH_PACKING
        if self._packed:
            self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.detach().clone(), None)
        else:
            self._weight = weight.detach().T.clone(memory_format=torch.contiguous_format)
        self._after: tuple[str, list[float], str] = ("gelu", [], "none") if gelu else ("none", [], "")

    def __call__(self, x: Tensor) -> Tensor:
        """Map contiguous rows (n, inputs) to (n, outputs)."""
        if self._packed:
            mapped: Tensor = torch.ops.mkldnn._linear_pointwise.default(x, self._weight, self._bias, *self._after)
            return mapped
        rows = torch.addmm(self._bias, x, self._weight)
        return F.gelu(rows) if self._gelu else rows

    def add_to(self, rows: Tensor, x: Tensor) -> None:
        """Add the map of ``x`` to ``rows`` (n, outputs) in place; not for a map with GELU."""
        if self._packed:
            rows.add_(self(x))
        else:
            rows.add_(self._bias).addmm_(x, self._weight)


def _can_pack(weight: Tensor) -> bool:
    """Say whether oneDNN can hold this weight in its own block format, and is faster than MKL: float32 on a CPU."""
    on_cpu = weight.device.type == "cpu" and weight.dtype == torch.float32
    return on_cpu and bool(torch._C._has_mkldnn) and not _mkl_is_at_home()


@cache
def _mkl_is_at_home() -> bool:
    """Say whether torch multiplies with MKL on a processor of MKL's maker: there it beats oneDNN at few rows."""
    if not torch._C.has_mkl:
        return False
    told = Path("/proc/cpuinfo")
    text = told.read_text(encoding="ascii", errors="replace") if told.is_file() else platform.processor()
    return "GenuineIntel" in text
