"""What makes class scores of tokens: their mean and a line, attention over them, or the published flatten MLP."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

HeadKind = Literal["mean", "attention", "flatten"]
Activation = Literal["elu", "gelu"]


class MeanHead(nn.Linear):
    """Mean over electrodes and patches, then one linear layer: d_model + 1 weights per class."""

    def forward(self, tokens: Tensor) -> Tensor:
        """Map (batch, channels, patches, d_model) to (batch, n_classes)."""
        return super().forward(tokens.mean(dim=(1, 2)))


class AttentionHead(nn.Module):
    """A weighted mean: each token says by one learned direction how much it counts."""

    def __init__(self, d_model: int, n_classes: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(d_model)
        self.weight_of = nn.Linear(d_model, 1)
        self.out = nn.Linear(d_model, n_classes)
        # All tokens count alike at first: the head begins as the mean head.
        nn.init.zeros_(self.weight_of.weight)
        nn.init.zeros_(self.weight_of.bias)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map (batch, channels, patches, d_model) to (batch, n_classes)."""
        flat = tokens.flatten(1, 2)
        weights = torch.softmax(self.weight_of(self.norm(flat)), dim=1)
        scores: Tensor = self.out((weights * flat).sum(dim=1))
        return scores


class FlattenHead(nn.Sequential):
    """The published heads: all tokens in one row, then an MLP (larger than the network itself).

    Parameters
    ----------
    n_inputs
        channels · patches · d_model.
    hidden
        Widths between; each is followed by the activation and dropout.
    """

    def __init__(
        self, n_inputs: int, hidden: Sequence[int], n_classes: int, activation: Activation, dropout: float
    ) -> None:
        layers: list[nn.Module] = [nn.Flatten()]
        widths = [n_inputs, *hidden]
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), nn.ELU() if activation == "elu" else nn.GELU(), nn.Dropout(dropout)]
        super().__init__(*layers, nn.Linear(widths[-1], n_classes))
