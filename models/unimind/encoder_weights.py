"""Weights that an encoder begins with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from models.checkpoints import load
from models.csbrain.weights import load_strictly, read_official
from models.unimind.encoders import EncoderSettings
from pipelines.errors import ConfigError

_RECONSTRUCTION, _HEAD = "proj_out.", "head."


def begin_with(encoder: Any, settings: EncoderSettings) -> None:
    """Fill a CSBrain encoder with the weights that its settings name; nothing if they name none.

    A checkpoint of ours (pre-trained, or fine-tuned: its head is left out), or a file of official weights. The
    encoder's size must be theirs.

    Raises
    ------
    ConfigError
        If the encoder is another one.
    CheckpointInvalid
        If they cannot be read, or do not fit.
    """
    if not settings.weights:
        return
    if settings.kind != "csbrain":
        raise ConfigError(f"encoder: weights: are for csbrain, not for {settings.kind}")
    if Path(settings.weights).is_dir():
        tensors = {name: torch.from_numpy(value.copy()) for name, value in load(settings.weights).tensors.items()}
    else:
        tensors = read_official(settings.weights)
    kept = {
        name.removeprefix("network."): tensor
        for name, tensor in tensors.items()
        if not name.startswith(_HEAD) and not name.removeprefix("network.").startswith(_RECONSTRUCTION)
    }
    load_strictly(encoder.network, kept, settings.weights)
