"""From a checkpoint's folder to a live decoder: the plug-in, its trust around it, and its smaller electrode sets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.checkpoints import CARD, MONTAGES, Card, load, read_card
from models.decoder import Decoder
from models.montage_choice import ElectrodeSet, MontageChoice
from models.trust import Trust
from models.trusted_decoder import TrustedDecoder, TrustSettings
from pipelines import plugins
from pipelines.errors import CheckpointInvalid, ConfigError


def decoder_of(folder: Path, settings: Mapping[str, Any]) -> Decoder:
    """Make the decoder of a folder; settings win over the card's.

    Raises
    ------
    ConfigError
        If a setting is wrong.
    CheckpointInvalid
        If something in the folder is damaged or does not fit together.
    """
    decoder = _single(folder, settings)
    smaller = [path.parent for path in sorted((folder / MONTAGES).glob(f"*/{CARD}"))]
    if not smaller:
        return decoder
    sets = [_electrode_set(path, settings) for path in smaller]
    return MontageChoice(decoder, _electrodes(read_card(folder), folder), sets)


def _single(folder: Path, settings: Mapping[str, Any]) -> Decoder:
    card = read_card(folder)
    given = {**card.settings, **settings}
    own = {key: given.pop(key) for key in TrustSettings.model_fields if card.trust and key in given}
    table = {**given, "kind": card.kind, "checkpoint": str(folder)}
    decoder: Decoder = plugins.make("decoders", table, str(folder))
    if not card.trust:
        return decoder
    try:
        trust_settings = TrustSettings.model_validate(own)
    except ValidationError as exc:
        raise ConfigError(plugins.explain(exc, str(folder))) from exc
    return TrustedDecoder(decoder, Trust.of(load(folder)), trust_settings)


def _electrode_set(folder: Path, settings: Mapping[str, Any]) -> ElectrodeSet:
    card = read_card(folder)
    return ElectrodeSet(
        folder.name, _electrodes(card, folder), card.decoder_spec().summary, partial(_single, folder, settings)
    )


def _electrodes(card: Card, folder: Path) -> tuple[str, ...]:
    found = card.electrodes or card.decoder_spec().channels
    if not found:
        raise CheckpointInvalid(f"{folder / CARD}: needs electrodes or channels, to choose by what a device has")
    return found
