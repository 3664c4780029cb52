"""What an LSL stream says of itself: channels, units, reference; made safe to use, and compared after a restart.

The description comes from the network, so nothing in it is trusted: its size is limited, odd labels are repaired, and
every repair is logged. Knows the layout of the description
(https://github.com/sccn/xdf/wiki/EEG-Meta-Data), not the library that fetched it.
"""

from __future__ import annotations

import logging
import math
import unicodedata
from dataclasses import dataclass, replace
from typing import Protocol, Self

from devices.channel_kinds import parse_kind
from devices.channel_units import UNKNOWN, parse_unit
from pipelines.errors import BciError, ChannelMismatch, RateMismatch, SignalError, UnitMismatch
from pipelines.signal import Channel

log = logging.getLogger(__name__)

MAX_CHANNELS = 4096
MAX_DESCRIPTION_CHARS = 4_000_000
MAX_LABEL_CHARS = 64
MAX_RATE_HZ = 100_000.0
VOLTAGE_KINDS = frozenset({"eeg", "eog", "ecg", "emg", "seeg", "ecog", "dbs"})
"""Kinds whose values are voltages, so that a unit stated by a person applies to them."""


class Node(Protocol):
    """An element of the description, as ``pylsl.info.XMLElement`` offers it."""

    def child(self, name: str) -> Self:
        """Return the first child of that name, empty if there is none."""
        ...

    def child_value(self, name: str) -> str:
        """Return the text of the first child of that name."""
        ...

    def next_sibling(self, name: str) -> Self:
        """Return the next element of that name, empty after the last."""
        ...

    def empty(self) -> bool:
        """Whether the element is absent."""
        ...


@dataclass(frozen=True, slots=True)
class StreamCore:
    """What discovery tells before a connection is made. ``uid`` differs for every instance of a stream."""

    name: str
    type: str
    source_id: str
    host: str
    uid: str
    n_channels: int
    rate_hz: float
    format: str

    def __str__(self) -> str:
        """One line for a person."""
        return (
            f"name={self.name!r} type={self.type!r} source_id={self.source_id!r} host={self.host!r} "
            f"({self.n_channels} ch, {self.rate_hz:g} Hz, {self.format})"
        )


@dataclass(frozen=True, slots=True)
class Description:
    """Core, channels as the stream gives them (its own units), and the reference."""

    core: StreamCore
    channels: tuple[Channel, ...]
    reference: str = "unknown"


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One stream on the network, for ``bci-app devices``; ``age_s`` is known on this machine only."""

    name: str
    type: str
    n_channels: int
    rate_hz: float
    format: str
    host: str
    source_id: str
    age_s: float | None


def check_core(core: StreamCore) -> None:
    """Refuse what cannot be a signal, before anything is fetched from the stream.

    Raises
    ------
    SignalError
        String samples, an irregular or absurd rate, an absurd number of channels.
    """
    if core.format == "string":
        raise SignalError(f"LSL stream {core}: text samples are no signal; name it as marker_stream instead")
    if core.rate_hz == 0:
        raise RateMismatch(f"LSL stream {core}: irregular rate; filters and windows need a constant sampling rate")
    if not (math.isfinite(core.rate_hz) and 0 < core.rate_hz <= MAX_RATE_HZ):
        raise RateMismatch(f"LSL stream {core}: the rate must be above 0 and at most {MAX_RATE_HZ:g} Hz")
    if not 0 < core.n_channels <= MAX_CHANNELS:
        raise ChannelMismatch(f"LSL stream {core}: at most {MAX_CHANNELS} channels are accepted")


def check_size(core: StreamCore, n_chars: int) -> None:
    """Refuse a description of more than :data:`MAX_DESCRIPTION_CHARS` before it is searched.

    Raises
    ------
    SignalError
        If it is longer.
    """
    if n_chars > MAX_DESCRIPTION_CHARS:
        raise SignalError(f"LSL stream {core}: description of {n_chars} characters, more than {MAX_DESCRIPTION_CHARS}")


def describe(core: StreamCore, desc: Node) -> Description:
    """Read channels and reference from the ``desc`` element; whatever is missing or odd is repaired and logged."""
    rows = _rows(core, desc)
    kind = parse_kind(core.type)
    labels = repair_labels([label for label, _, _ in rows], f"LSL stream {core.name!r}")
    channels = tuple(
        Channel(label, parse_kind(own_kind, kind), parse_unit(unit))
        for label, (_, own_kind, unit) in zip(labels, rows, strict=True)
    )
    return Description(core, channels, _reference(desc))


def _rows(core: StreamCore, desc: Node) -> list[tuple[str, str, str]]:
    """Return (label, kind, unit) of each channel as written, as many as the stream has."""
    rows: list[tuple[str, str, str]] = []
    node = desc.child("channels").child("channel")
    while not node.empty() and len(rows) <= core.n_channels:
        rows.append((node.child_value("label"), node.child_value("type"), node.child_value("unit")))
        node = node.next_sibling("channel")
    if rows and len(rows) != core.n_channels:
        described = "more" if len(rows) > core.n_channels else str(len(rows))
        log.warning(
            "LSL stream %r describes %s channels and has %d: taken in order", core.name, described, core.n_channels
        )
    return (rows + [("", "", "")] * core.n_channels)[: core.n_channels]


def _reference(desc: Node) -> str:
    reference = desc.child("reference")
    label = plain_text(reference.child_value("label") or reference.child_value("common_average"))
    if label.lower() in {"yes", "true"}:
        return "average"
    return "unknown" if label.lower() in {"", "no", "false"} else label


def plain_text(text: str, limit: int = MAX_LABEL_CHARS) -> str:
    """Strip control, direction and markup characters, so that a name can be shown, logged and used in a file name."""
    kept = "".join(c for c in text[: 4 * limit] if unicodedata.category(c)[0] != "C" and c not in "<>&")
    return " ".join(kept.split())[:limit]


def repair_labels(labels: list[str], where: str) -> list[str]:
    """Return unique, plain labels: a missing one is named by its position, a doubled one is numbered.

    The same input always gives the same names, so that a stream that is opened again has the channels it had.
    """
    repaired: list[str] = []
    taken: set[str] = set()
    changes: list[str] = []
    for position, label in enumerate(labels, start=1):
        base = plain_text(label) or f"ch{position}"
        name, count = base, 1
        while name in taken:
            count += 1
            name = f"{base}-{count}"
        taken.add(name)
        repaired.append(name)
        if name != label:
            changes.append(name)
    if changes:
        log.warning("%s: %d labels were missing, doubled or odd; now %s", where, len(changes), ", ".join(changes[:16]))
    return repaired


def state_unit(description: Description, unit: str) -> Description:
    """Return the description with ``unit`` for every voltage channel, as a person stated it."""
    if not unit:
        return description
    said = {c.unit for c in description.channels if c.kind in VOLTAGE_KINDS} - {UNKNOWN, unit}
    if said:
        log.warning("LSL stream %r says %s; the setting unit = %r wins", description.core.name, sorted(said), unit)
    channels = tuple(replace(c, unit=unit) if c.kind in VOLTAGE_KINDS else c for c in description.channels)
    return replace(description, channels=channels)


def core_difference(opened: StreamCore, found: StreamCore) -> BciError | None:
    """Return why ``found`` cannot continue ``opened``, None if nothing speaks against it."""
    start = f"LSL stream {opened.name!r} came back"
    end = "; start the session anew"
    if found.n_channels != opened.n_channels:
        return ChannelMismatch(f"{start} with {found.n_channels} channels instead of {opened.n_channels}{end}")
    if found.rate_hz != opened.rate_hz:
        return RateMismatch(f"{start} at {found.rate_hz:g} Hz instead of {opened.rate_hz:g} Hz{end}")
    for what in ("format", "type", "name"):
        before, now = getattr(opened, what), getattr(found, what)
        if before != now:
            return SignalError(f"{start} with another {what}: {now!r} instead of {before!r}{end}")
    return None


def difference(opened: Description, found: Description) -> BciError | None:
    """Return why ``found`` cannot continue ``opened``: core, labels, kinds, units; None if they are the same."""
    problem = core_difference(opened.core, found.core)
    if problem is not None:
        return problem
    pairs = list(zip(opened.channels, found.channels, strict=True))
    start = f"LSL stream {opened.core.name!r} came back with other"
    for what, kind in (("name", ChannelMismatch), ("kind", ChannelMismatch), ("unit", UnitMismatch)):
        changed = [(a, b) for a, b in pairs if getattr(a, what) != getattr(b, what)]
        if changed:
            shown = ", ".join(f"{getattr(b, what)} instead of {getattr(a, what)}" for a, b in changed[:4])
            return kind(f"{start} channel {what}s ({len(changed)}: {shown} …); start the session anew")
    return None
