"""The network that is fine-tuned: its montage, its size, what it starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.checkpoints import load
from models.csbrain.classifier import Architecture, Classifier
from models.csbrain.montages import Montage, montage_of, published
from models.csbrain.weights import read_official
from models.deep.csbrain_network import PATCH, as_patches
from models.deep.networks import Network
from models.training.finetuning.tables import Head, Size
from pipelines.channel_names import canonical_name
from pipelines.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Start:
    """Weights to begin with, by name, the size they are for, and what they were learnt from (for the card)."""

    tensors: Mapping[str, Tensor]
    size: Size
    origin: Mapping[str, Any]


def start_from(weights: str, size: Size) -> Start | None:
    """Read a checkpoint folder of ours, or a file of official weights; None for an empty name.

    Raises
    ------
    CheckpointInvalid
        If it cannot be read.
    """
    if not weights:
        return None
    if not Path(weights).is_dir():
        return Start(read_official(weights), size, {"file": Path(weights).name})
    checkpoint = load(weights)
    architecture = Architecture.from_table(checkpoint.card.architecture, weights)
    names = Size.model_fields
    found = Size(**{name: getattr(architecture, name) for name in names})
    training = checkpoint.card.training
    origin = {"dataset": training.dataset, "subjects": training.subjects, "weights": checkpoint.card.weights_sha256}
    return Start({key: torch.from_numpy(value.copy()) for key, value in checkpoint.tensors.items()}, found, origin)


def montage_for(names: Sequence[str], montage: str) -> Montage:
    """Return the regions of channels: a published montage by name, or our own rule for an empty one.

    Raises
    ------
    ConfigError
        If the published one has other channels, or another order.
    ChannelMismatch
        If our rule does not know a channel.
    """
    if not montage:
        return montage_of(names)
    found = published(montage)
    if [canonical_name(name) for name in found.names] != [canonical_name(name) for name in names]:
        raise ConfigError(
            f"montage = {montage!r} is for {', '.join(found.names)}; the windows have {', '.join(names)}: set the "
            "recipe's channels to its order, or montage = '' for our own rule"
        )
    return found


def architecture_of(montage: Montage, size: Size, head: Head, n_times: int, alignment: str) -> Architecture:
    """Return what the card says of the network.

    Raises
    ------
    ConfigError
        If a window is no whole number of seconds.
    """
    if n_times % PATCH:
        raise ConfigError(f"CSBrain takes whole seconds at 200 Hz; a window has {n_times} samples")
    return Architecture.model_validate({
        "regions": montage.regions, "order": montage.order, **size.model_dump(),
        "head": head.kind, "hidden": head.hidden, "activation": head.activation,
        "n_patches": n_times // PATCH if head.kind in ("flatten", "sequence") else 0, "alignment": alignment,
        "context": head.context if head.kind == "sequence" else 0,
    })  # fmt: skip


def network_of(architecture: Architecture, n_outputs: int, *, dropout: float, head_dropout: float) -> Network:
    """Make the network; it takes windows (batch, n_channels, n_times) in units of 100 µV."""
    module = Classifier(architecture, n_outputs, dropout=dropout, head_dropout=head_dropout)
    module.register_forward_pre_hook(as_patches)
    return Network(module, "head", "hundred_microvolts", prefix="network.")
