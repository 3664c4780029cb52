"""One set of weights under several montages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

import torch
from pydantic import Field
from torch import Tensor, nn

from models.csbrain import CSBrain
from models.csbrain.classifier import Architecture
from models.csbrain.montages import Montage
from models.csbrain.sharing import share_weights
from models.csbrain.tokenizers import Layout
from pipelines.plugins import PluginSettings


class Size(PluginSettings):
    """The network's size and switches; the published ones by default."""

    n_layers: int = Field(12, ge=1, description="Depth.")
    d_model: int = Field(200, ge=40, description="Features of a token: a multiple of 40 and of n_heads.")
    n_heads: int = Field(8, ge=1, description="Heads of attention.")
    d_ff: int = Field(800, ge=1, description="Width of the feed-forward block.")
    dropout: float = Field(0.1, ge=0, lt=1, description="Used in training alone.")
    layout: Layout = Field("official", description="official, as the released weights; transposed, as the paper.")
    ssa: bool = Field(default=True, description="Attention between windows and regions.")
    region_tokenizer: bool = Field(default=True, description="Tokens of regions.")
    first_answer: Literal["zero", "random"] = Field(
        "zero", description="zero: at the beginning the network is the zero predictor; random: as released."
    )

    def architecture(self, montage: Montage) -> Architecture:
        """Return what a checkpoint's card says of the network."""
        return Architecture(
            regions=montage.regions, order=montage.order, **self.model_dump(exclude={"dropout", "first_answer"})
        )


class Networks:
    """One network for each montage; their weights are the same tensors.

    Parameters
    ----------
    montages
        All that occur; at least one.
    size
        See :class:`Size`.
    seed
        Of the first weights.
    device
        Where they are.
    """

    def __init__(self, montages: Sequence[Montage], size: Size, seed: int, device: torch.device) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            made = [size.architecture(montage).network(dropout=size.dropout).to(device) for montage in montages]
        if size.first_answer == "zero":
            nn.init.zeros_(cast("nn.Linear", made[0].proj_out[0]).weight)
            nn.init.zeros_(cast("nn.Linear", made[0].proj_out[0]).bias)
        self._by_montage = dict(zip(montages, made, strict=True))
        self.first = made[0]
        for other in made[1:]:
            share_weights(self.first, other)

    def of(self, montage: Montage) -> CSBrain:
        """Return the network under a montage."""
        return self._by_montage[montage]

    def trained(self) -> dict[str, nn.Parameter]:
        """Return what is trained, by name; a region that no montage has keeps its first weights."""
        return {name: p for name, p in self.first.named_parameters() if p.requires_grad}

    def train(self, *, mode: bool) -> None:
        """Put all of them into training mode or out of it."""
        for network in self._by_montage.values():
            network.train(mode)

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of the weights under their released names."""
        return {name: tensor.detach().clone() for name, tensor in self.first.state_dict().items()}
