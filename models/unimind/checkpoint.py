"""UniMind as a checkpoint folder: its own weights and a card; of the language model, only which one it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, ValidationError

from models.checkpoints import Checkpoint, find
from models.checkpoints import load as load_checkpoint
from models.csbrain.weights import load_strictly
from models.language.adapters import load_adapters
from models.language.language_model import Identity, LanguageModel
from models.language.loading import load_language_model
from models.placement import Where, place
from models.unimind.answerer import Calibration, UniMindAnswerer
from models.unimind.encoders import EncoderSettings
from models.unimind.model import ADAPTERS, NETWORK, UniMind
from models.unimind.network import ConnectorSettings
from models.unimind.task_cards import TaskCard
from models.unimind.task_views import View
from pipelines.errors import CheckpointInvalid
from pipelines.plugins import explain

KIND = "unimind"
AS_TRAINED, NONE = "as trained", "none"


class Architecture(BaseModel):
    """What the weights need besides themselves; the card's ``architecture``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoder: EncoderSettings
    connector: ConnectorSettings
    cards: tuple[TaskCard, ...]
    """Tasks it was trained on, in the order of their queries."""
    channels: tuple[str, ...] = ()
    """Electrodes of the training."""
    views: dict[str, View] = {}
    """What each task measures of whole windows."""
    language: dict[str, str] = {}
    """Fields of :class:`Identity`; empty: heads alone."""
    language_folder: str = ""
    """Where a local one lay in training."""
    lora: tuple[int, float, float] = (0, 32.0, 0.0)

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str) -> Architecture:
        """Read the table of a card.

        Raises
        ------
        CheckpointInvalid
            If a key is missing, unknown or has a wrong value.
        """
        try:
            return cls.model_validate(dict(table))
        except ValidationError as exc:
            raise CheckpointInvalid(explain(exc, f"{where}: architecture")) from exc


def load(folder: str | Path, language: str = AS_TRAINED, device: Where = "auto") -> UniMindAnswerer:
    """Load an answerer.

    Parameters
    ----------
    folder
        Checkpoint folder.
    language
        ``as trained``; ``none``: the heads answer, no language model is loaded; or the folder of the language model it
        was trained with, where that lies elsewhere now.
    device
        auto, cpu or cuda.

    Raises
    ------
    CheckpointInvalid
        If the folder is damaged or no UniMind, or the language model is missing, damaged or another one.
    MissingDependency
        If a package of the language model is missing.
    """
    checkpoint = load_checkpoint(find(folder))
    where = str(checkpoint.folder)
    if checkpoint.card.kind != KIND:
        raise CheckpointInvalid(f"{where}: is a decoder of kind {checkpoint.card.kind!r}, not {KIND!r}")
    architecture = Architecture.from_table(checkpoint.card.architecture, where)
    calibration = Calibration.from_table(checkpoint.card.calibration, where)
    put = place(device).device
    spoken = None if language == NONE else _language(architecture, language, where, put)
    tasks = {card.name: len(card.options) for card in architecture.cards}
    # Weights to begin with are those of the folder, not of the training.
    encoder = architecture.encoder.model_copy(update={"weights": ""})
    model = UniMind(
        tasks, encoder, architecture.connector, spoken, architecture.lora, 0, architecture.channels, architecture.views
    )
    _fill(model, checkpoint, where)
    model.network.to(put)
    cards = {card.name: card for card in architecture.cards}
    return UniMindAnswerer(model, cards, calibration, checkpoint.card.decoder_spec().model_id)


def _language(architecture: Architecture, language: str, where: str, device: torch.device) -> LanguageModel | None:
    if not architecture.language:
        if language != AS_TRAINED:
            raise CheckpointInvalid(f"{where}: was trained without a language model: its heads alone answer")
        return None
    wanted = Identity(**architecture.language)
    trained = architecture.language_folder if wanted.kind == "local" else wanted.kind
    found = load_language_model(trained if language == AS_TRAINED else language, device)
    if found.identity.sha256 != wanted.sha256:
        raise CheckpointInvalid(
            f"{where}: was trained with {wanted.name} ({wanted.sha256[:12]}…), not with {found.identity.name} "
            f"({found.identity.sha256[:12]}…): name the folder of that one, or language = 'none'"
        )
    return found


def _fill(model: UniMind, checkpoint: Checkpoint, where: str) -> None:
    tensors = {name: torch.from_numpy(value.copy()) for name, value in checkpoint.tensors.items()}
    of_network = {k.removeprefix(NETWORK): t for k, t in tensors.items() if k.startswith(NETWORK)}
    if model.language is None:
        of_network = {k: t for k, t in of_network.items() if not k.startswith("to_language.")}
    load_strictly(model.network, of_network, where)
    if model.language is not None:
        of_adapters = {k.removeprefix(ADAPTERS): t for k, t in tensors.items() if k.startswith(ADAPTERS)}
        load_adapters(model.adapters, of_adapters, where)
