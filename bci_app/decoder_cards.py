"""What each decoder is, in words for a person: trained on what, how good, for what signal; and whether it fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from bci_app.assembly import choose_electrodes, delivered_spec
from bci_app.config import validate
from bci_app.decoder_card import DecoderCard, Fit
from bci_app.events import NoticeEvent
from bci_app.logging_setup import warnings_as_notices
from bci_app.probe import spec_of
from models.checkpoints import CARD, MONTAGES, Card, load_decoder, read_card, shipped
from models.checkpoints import find as find_checkpoint
from models.decoder import DecoderSpec
from pipelines.errors import BciError, CheckpointInvalid, MissingDependency
from pipelines.percent import percent
from pipelines.plugins import names
from pipelines.signal import StreamSpec

FIGURES = ("balanced_accuracy", "accuracy", "auroc", "cohen_kappa", "kappa", "f1_weighted", "pearson", "rmse")


def cards() -> list[DecoderCard]:
    """Return the shipped decoders, then those that need no training."""
    found = [card_of(name) for name in shipped()]
    for kind in names("decoders"):
        try:
            with closing(load_decoder(kind)) as decoder:
                spec = decoder.spec
        except (CheckpointInvalid, MissingDependency):
            continue  # it wants a checkpoint of its own, or a package that is not here
        found.append(_card(kind, spec, limits=spec.summary))
    return found


def card_of(name: str) -> DecoderCard:
    """Return the card of a shipped checkpoint or of a folder.

    Raises
    ------
    CheckpointInvalid
        If it is none.
    """
    card = read_card(find_checkpoint(name))
    training = card.training
    people = f", {len(training.subjects)} people" if training.subjects else ""
    trained_on = f"{training.dataset}{people}" if training.dataset else ""
    limits = card.summary or card.decoder_spec().summary
    made = _card(name, card.decoder_spec(), trained_on, tuple(_figures(card)), limits)
    return replace(made, trust=_trust(card), electrode_sets=tuple(_electrode_sets(find_checkpoint(name))))


def fit(values: Mapping[str, Any], spec: StreamSpec | None = None) -> Fit:
    """Compare a session's decoder with what source and montage deliver, as the engine does before it starts.

    Parameters
    ----------
    values
        The session's tables.
    spec
        What the source delivers; None opens it and asks.

    Raises
    ------
    BciError
        If the source cannot be opened, or the decoder cannot be loaded.
    """
    settings = validate(values, "the session")
    if settings.decoder is None:
        return Fit()
    notices: list[NoticeEvent] = []
    with closing(load_decoder(settings.decoder.name, **settings.decoder.settings)) as decoder:
        spec = spec_of(settings.source, settings.lsl) if spec is None else spec
        try:
            with warnings_as_notices(notices.append):
                choose_electrodes(settings, decoder, spec)
                decoder.prepare(delivered_spec(settings, decoder, spec))
        except BciError as exc:
            return Fit((str(exc),))
    return Fit(remarks=tuple(notice.text for notice in notices))


def _card(
    name: str, spec: DecoderSpec, trained_on: str = "", figures: tuple[str, ...] = (), limits: str = ""
) -> DecoderCard:
    return DecoderCard(
        name,
        spec.model_id,
        spec.classes,
        spec.window_s,
        spec.hop_s,
        spec.rate_hz,
        spec.channels,
        spec.calibration_s,
        trained_on,
        figures,
        limits,
    )


def _trust(card: Card) -> str:
    """Say how the decoder tells its doubts; empty where it cannot."""
    error = (card.trust.get("sets") or {}).get("error")
    words = [f"its sets hold the truth in {percent(1 - float(error))}"] if error is not None else []
    if card.trust.get("familiarity"):
        words.append("tells signals unlike those it learnt from")
    return "; ".join(words)


def _electrode_sets(folder: Path) -> Iterator[str]:
    """Yield the smaller sets of electrodes that the decoder knows as well."""
    for card in sorted(folder.glob(f"{MONTAGES}/*/{CARD}")):
        inner = read_card(card.parent)
        yield f"{card.parent.name} ({len(inner.electrodes or inner.decoder_spec().channels or ())})"


def _figures(card: Card) -> Iterator[str]:
    """Yield the card's figures, the decoder's own kind first; at most four lines."""
    groups = list(_groups(card.metrics, ""))
    groups.sort(key=lambda group: not group[0].endswith(card.kind))
    own = [group for group in groups if group[0].endswith(card.kind)] or groups
    for name, numbers in own[:4]:
        words = [f"{key.replace('_', ' ')} {_number(numbers[key])}" for key in FIGURES if _is_number(numbers.get(key))]
        interval = numbers.get("interval_95")
        if isinstance(interval, (list, tuple)) and len(interval) == 2:
            words[0] += f" (95 %: {_number(interval[0])} to {_number(interval[1])})"
        if _is_number(numbers.get("chance")):
            words.append(f"chance {_number(numbers['chance'])}")
        yield (f"{name}: " if len(own) > 1 and name else "") + ", ".join(words)


def _groups(table: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if any(_is_number(table.get(key)) for key in FIGURES):
        yield name, table
        return
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _groups(value, f"{name}, {key}" if name else str(key))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(value: float) -> str:
    return f"{value:.3g}"
