"""What makes class scores of tokens: their mean and a line, attention, the published flatten MLP, or its sequence."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

HeadKind = Literal["mean", "attention", "flatten", "sequence"]
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
        layers = _hidden_layers([n_inputs, *hidden], activation, dropout)
        super().__init__(nn.Flatten(), *layers, nn.Linear([n_inputs, *hidden][-1], n_classes))


class SequenceHead(nn.Module):
    """The published head for sleep: an MLP for each window, a Transformer layer among consecutive windows, a line.

    The windows have no order but that of what they hold, as in the published head, so that any number of them will do.

    Parameters
    ----------
    n_inputs
        channels · patches · d_model, of one window.
    hidden
        Widths of the MLP; the last one is that of the Transformer layer, a multiple of its four heads.
    """

    N_HEADS, SPREAD = 4, 4

    def __init__(
        self, n_inputs: int, hidden: Sequence[int], n_classes: int, activation: Activation, dropout: float
    ) -> None:
        super().__init__()
        width = hidden[-1]
        self.each = nn.Sequential(nn.Flatten(), *_hidden_layers([n_inputs, *hidden], activation, dropout))
        self.among = nn.TransformerEncoderLayer(
            width, self.N_HEADS, self.SPREAD * width, dropout, "gelu", batch_first=True, norm_first=True
        )
        self.out = nn.Linear(width, n_classes)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map (batch, windows, channels, patches, d_model) to (batch, n_classes, windows)."""
        each = self.each(tokens.flatten(0, 1)).unflatten(0, tokens.shape[:2])
        scores: Tensor = self.out(self.among(each))
        return scores.transpose(1, 2)


def _hidden_layers(widths: Sequence[int], activation: Activation, dropout: float) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.ELU() if activation == "elu" else nn.GELU(), nn.Dropout(dropout)]
    return layers
