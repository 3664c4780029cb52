"""Which part of a network is trained, and how its adapters become plain weights again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from torch import nn
from torch.nn.utils import parametrize

from models.deep.low_rank import add_low_rank
from models.deep.networks import Network

Adaptation = Literal["scratch", "full", "linear", "lora"]
"""Random start and all trained · weights and all trained · weights and head trained · weights, adapters and head."""


def trained_part(network: Network, adaptation: Adaptation) -> tuple[list[nn.Parameter], Callable[[bool], object]]:
    """Return what is trained, and how the module is put into training mode: a frozen backbone stays in eval."""
    module = network.module
    if adaptation in ("scratch", "full"):
        return [p for p in module.parameters() if p.requires_grad], module.train
    if adaptation == "lora":
        adapters = add_low_rank(module, network.head)
    else:
        adapters = []
        for parameter in module.parameters():
            parameter.requires_grad_(False)
    head = network.head_parameters()
    for parameter in head:
        parameter.requires_grad_(True)
    return adapters + head, partial(_only_head_trains, module, network.head)


def merge_adapters(module: nn.Module) -> None:
    """Fold every low-rank adapter into the matrix it adapts: the same answers, and the names of plain weights."""
    for layer in list(module.modules()):
        if parametrize.is_parametrized(layer):
            for name in list(layer.parametrizations):  # type: ignore[arg-type]
                parametrize.remove_parametrizations(layer, name, leave_parametrized=True)


def _only_head_trains(module: nn.Module, head: str, training: bool) -> None:
    module.eval()
    for name, layer in module.named_modules():
        if name.startswith(head):
            layer.train(training)
