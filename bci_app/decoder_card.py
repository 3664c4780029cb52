"""The card of a decoder, as it is shown to a person."""

from __future__ import annotations

from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True, slots=True)
class DecoderCard:
    """One decoder.

    Parameters
    ----------
    name
        As the session's ``[decoder] name`` says it.
    model_id, classes, window_s, hop_s, rate_hz, channels, calibration_s
        Of its :class:`~models.decoder.DecoderSpec`.
    trained_on
        In words; empty where it needs no training.
    figures
        How good it is, a line each.
    limits
        What it may claim, and what it may not.
    trust
        How it tells its doubts; empty where it cannot.
    electrode_sets
        Smaller sets of electrodes it knows as well, with their number.
    """

    name: str
    model_id: str
    classes: tuple[str, ...]
    window_s: float
    hop_s: float
    rate_hz: float | None
    channels: tuple[str, ...] | None
    calibration_s: float
    trained_on: str = ""
    figures: tuple[str, ...] = ()
    limits: str = ""
    trust: str = ""
    electrode_sets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether a decoder fits a source: why not, and what is to be known if it does."""

    faults: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def card_table(card: DecoderCard) -> Table:
    """Return a card for a terminal."""
    table = Table(title=card.name, show_header=False)
    for name, text in card_lines(card):
        table.add_row(name, text)
    return table


def card_lines(card: DecoderCard) -> list[tuple[str, str]]:
    """Return a card as pairs of what and text."""
    channels = "any" if card.channels is None else f"{len(card.channels)}: {', '.join(card.channels)}"
    sets = [("Or electrodes", ", ".join(card.electrode_sets))] if card.electrode_sets else []
    return [
        ("Model", card.model_id),
        ("Answers", ", ".join(name.replace("_", " ") for name in card.classes)),
        ("Trained on", card.trained_on or "needs no training"),
        *(("Accuracy", line) for line in card.figures or ("not measured",)),
        ("Window", f"{card.window_s:g} s, every {card.hop_s:g} s"),
        ("Rate", "any" if card.rate_hz is None else f"{card.rate_hz:g} Hz after the stages"),
        ("Channels", channels),
        *sets,
        ("Rest wanted", f"{card.calibration_s:g} s" if card.calibration_s else "none"),
        ("Doubts", card.trust or "cannot tell"),
        ("Limits", card.limits or "not stated"),
    ]
