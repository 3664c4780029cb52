"""Checkpoints of models that no stream is given to: encoders, generators and alignments of fMRI, models of spikes.

The same two files as a live decoder's (:mod:`models.checkpoints`), with a card that promises no decisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from models.checkpoint_files import CARD, WEIGHTS, read_as, read_tensors, write
from models.checkpoints import Training
from pipelines.errors import CheckpointInvalid

FORMAT_VERSION = 1


class OfflineCard(BaseModel):
    """What an offline model is: enough to use it, to judge it and to train it again."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    format_version: int = FORMAT_VERSION
    kind: str
    """Which model reads the weights, for example ``"synbrain"``."""
    summary: str = ""
    architecture: dict[str, Any] = {}
    """Sizes and switches that the weights need and nobody may choose."""
    settings: dict[str, Any] = {}
    """Of the training."""
    training: Training = Training()
    metrics: dict[str, Any] = {}
    """How good it is, with the baselines beside it."""
    code_version: str = ""
    created: str = ""
    weights_sha256: str = ""
    """These three are set by :func:`save_offline`."""


@dataclass(frozen=True, slots=True)
class OfflineCheckpoint:
    """A checkpoint in memory: card, tensors by name, and the folder it came from."""

    card: OfflineCard
    tensors: dict[str, NDArray[Any]]
    folder: Path


def save_offline(folder: str | Path, card: OfflineCard, tensors: Mapping[str, Any]) -> Path:
    """Write a checkpoint, whole or not at all; return its folder.

    Parameters
    ----------
    folder
        Made if absent; a checkpoint in it is replaced.
    card
        Its hash, version and date are filled in.
    tensors
        NumPy arrays or torch tensors, by name.

    Raises
    ------
    CheckpointInvalid
        If a value is not finite or the card is not JSON-able.
    OSError
        If the folder cannot be written.
    """
    return write(Path(folder), card, tensors)


def load_offline(folder: str | Path, kind: str) -> OfflineCheckpoint:
    """Read and check a checkpoint of a kind.

    Raises
    ------
    CheckpointInvalid
        If anything is missing, damaged, of another kind, or newer than this program.
    """
    where = Path(folder)
    card = read_as(OfflineCard, where / CARD, FORMAT_VERSION)
    if card.kind != kind:
        raise CheckpointInvalid(f"{where / CARD}: kind = {card.kind!r}: a checkpoint of kind {kind!r} is needed")
    return OfflineCheckpoint(card, read_tensors(where / WEIGHTS, card.weights_sha256), where)
