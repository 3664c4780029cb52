"""A linear map in bfloat16, as :class:`models.csbrain.packed_linear.PackedLinear` is one in float32."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


class HalfLinear:
    """``x @ weight.T + bias``, then GELU if wanted: factors in bfloat16, sums in float32.

    A result with GELU stays in bfloat16, as the next map takes it so; every other one is float32.

    Parameters
    ----------
    weight, bias
        (outputs, inputs) and (outputs,).
    gelu
        Apply the exact (erf) GELU to the result.
    """

    def __init__(self, weight: Tensor, bias: Tensor, *, gelu: bool = False) -> None:
        half = weight.detach().bfloat16()
        self._bias, self._gelu = bias.detach().bfloat16(), gelu
        self._packed = weight.device.type == "cpu"
        # The operators that `torch.compile` writes for a linear layer with constant weights.
        self._weight = torch.ops.mkldnn._reorder_linear_weight(half, None) if self._packed else half.T.contiguous()
        self._after: tuple[str, list[float], str] = ("gelu", [], "none") if gelu else ("none", [], "")

    def __call__(self, x: Tensor) -> Tensor:
        """Map contiguous rows (n, inputs) to (n, outputs)."""
        x = x.bfloat16()
        if self._packed:
            rows: Tensor = torch.ops.mkldnn._linear_pointwise.default(x, self._weight, self._bias, *self._after)
        else:
            rows = torch.addmm(self._bias, x, self._weight)
            rows = F.gelu(rows) if self._gelu else rows
        return rows if self._gelu else rows.float()

    def add_to(self, rows: Tensor, x: Tensor) -> None:
        """Add the map of ``x`` to ``rows`` (n, outputs) in place; not for a map with GELU."""
        rows.add_(self(x))
