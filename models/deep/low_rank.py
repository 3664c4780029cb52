"""LoRA (Hu et al. 2022, ICLR): frozen weight matrices plus a trained product of two thin ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

MATRICES = ("weight", "in_proj_weight")
"""Parameters that get an adapter: those of linear layers, and the packed projections of multi-head attention."""


class LowRank(nn.Module):
    """weight → weight + (alpha / rank) · up · down; ``up`` begins at zero, so nothing changes before training.

    Parameters
    ----------
    weight
        The matrix (n_out, n_in) to be adapted.
    rank, alpha
        Inner size, and the strength of the product.
    """

    def __init__(self, weight: Tensor, rank: int, alpha: float) -> None:
        super().__init__()
        n_out, n_in = weight.shape
        self.down = nn.Parameter(torch.randn(rank, n_in) / n_in**0.5)
        self.up = nn.Parameter(torch.zeros(n_out, rank))
        self._factor = alpha / rank

    def forward(self, weight: Tensor) -> Tensor:
        """Return the adapted matrix."""
        return weight + self._factor * (self.up @ self.down)


def add_low_rank(module: nn.Module, skip: str, rank: int = 8, alpha: float = 16.0) -> list[nn.Parameter]:
    """Freeze a module and give its linear layers adapters; return their parameters.

    Parameters
    ----------
    module
        Changed in place.
    skip
        Prefix of layers left alone (the head).
    rank, alpha
        See :class:`LowRank`.
    """
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    added: list[nn.Parameter] = []
    for name, layer in list(module.named_modules()):
        if name.startswith(skip) or not isinstance(layer, nn.Linear | nn.MultiheadAttention):
            continue
        for matrix in MATRICES:
            weight = getattr(layer, matrix, None)
            if isinstance(weight, nn.Parameter) and weight.ndim == 2:
                adapter = LowRank(weight, rank, alpha)
                parametrize.register_parametrization(layer, matrix, adapter)
                added += [adapter.down, adapter.up]
    return added
