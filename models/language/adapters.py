"""LoRA on a frozen language model (Hu et al. 2022, ICLR), by peft; published: rank 16, alpha 32, dropout .05."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from models.language.language_model import LanguageModel
from models.language.libraries import peft
from pipelines.errors import CheckpointInvalid


def add_adapters(model: LanguageModel, rank: int, alpha: float, dropout: float) -> dict[str, nn.Parameter]:
    """Give every linear layer but the last one an adapter; return the parameters by name. All else stays frozen.

    Raises
    ------
    MissingDependency
        If peft is not installed.
    """
    library = peft()
    config = library.LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules="all-linear")
    library.inject_adapter_in_model(config, model.module)
    return {name: p for name, p in model.module.named_parameters() if p.requires_grad}


def load_adapters(parameters: Mapping[str, nn.Parameter], tensors: Mapping[str, Tensor], where: str) -> None:
    """Copy what a checkpoint holds.

    Raises
    ------
    CheckpointInvalid
        If names or shapes do not fit.
    """
    if {k: p.shape for k, p in parameters.items()} != {k: t.shape for k, t in tensors.items()}:
        raise CheckpointInvalid(f"{where}: the adapters do not fit this language model; train them again")
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(tensors[name])
