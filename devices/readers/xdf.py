"""XDF, through pyxdf: any of several streams, and our own recordings exactly as they were."""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyxdf
from numpy.typing import NDArray

from devices.channel_kinds import parse_kind
from devices.channel_units import in_microvolts, parse_unit
from devices.lsl_description import VOLTAGE_KINDS, plain_text, repair_labels
from devices.readers import xdf_ours, xdf_tail
from devices.recording_data import ReadOptions, Recording, Span, continued, losses_from_times
from pipelines.errors import RecordingError
from pipelines.signal import Channel, Flag, Marker, StreamSpec

log = logging.getLogger(__name__)
SUFFIXES = (".xdf", ".xdfz")
MAGIC = b"XDF:"
MARKER_TYPES = frozenset({"markers", "marker", "events", "event", "stim", "trigger"})
FAILURES = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    SyntaxError,
    MemoryError,
    struct.error,
    zlib.error,
)
"""What pyxdf raises on damaged files; errors of the XML are SyntaxErrors."""
Stream = Mapping[str, Any]


def read(path: Path, options: ReadOptions) -> Recording:
    """Read one signal stream and all marker streams; clock offsets are applied, stamps are not smoothed.

    Raises
    ------
    RecordingError
        If the file is damaged beyond reading, or there is no such stream.
    """
    streams = load(path)
    events = xdf_ours.parse(path, rows_of(streams, xdf_ours.EVENTS))
    chosen = _choose(path, streams, options)
    spec, factors = _spec(path, chosen, options)
    series = np.asarray(chosen["time_series"])
    times_s = np.asarray(chosen["time_stamps"], dtype=np.float64)
    markers = tuple(sorted(_markers(streams), key=lambda marker: marker.time_s))
    if events:
        spec = xdf_ours.recorded_spec(path, events, spec, options) if not options.unit else spec
        factors = factors if options.unit else np.ones(spec.n_channels)
        return xdf_ours.rebuild(path, spec, _scaled(series, factors), times_s, markers, events)
    times_s, jumps = continued(times_s, spec.rate_hz, str(path))
    flags = np.zeros(len(times_s), dtype=np.uint8)
    flags[jumps] = Flag.CLOCK_JUMP
    if jumps.size:
        log.warning(
            "%s: the clock of %s falls back %d times; time goes on from there", path, spec.source_id, jumps.size
        )
    losses = losses_from_times(times_s, spec.rate_hz)
    return Recording(spec, _scaled(series, factors), times_s, losses, flags, markers)


def load(path: Path, only: str = "") -> list[Stream]:
    """Return all streams of a file, or those of one name.

    Raises
    ------
    RecordingError
        If pyxdf cannot read it.
    """
    logging.getLogger("pyxdf").setLevel(logging.ERROR)  # damaged footers are usual, and not needed
    try:
        with xdf_tail.whole(path) as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise RecordingError(f"{path}: is no XDF file: it does not begin with 'XDF:'")
            wanted = xdf_tail.stream_ids(file, only) if only else None
            if only and not wanted:
                return []
            file.seek(0)
            streams, _ = pyxdf.load_xdf(file, wanted, dejitter_timestamps=False)
    except FAILURES as exc:
        raise RecordingError(f"{path}: cannot be read as XDF: {str(exc) or type(exc).__name__}") from exc
    return list(streams)


def embedded_session(path: Path) -> dict[str, Any] | None:
    """Return the settings that our recorder wrote into a file; None in other files."""
    if not is_xdf(path):
        return None
    events = xdf_ours.parse(path, rows_of(load(path, only=xdf_ours.EVENTS), xdf_ours.EVENTS))
    return xdf_ours.session_settings(events)


def recorded_decisions(path: Path) -> tuple[Span, ...]:
    """Return the decisions that our recorder wrote into a file, of all decoders; none in other files."""
    if not is_xdf(path):
        return ()
    records = xdf_ours.parse(path, rows_of(load(path, only=xdf_ours.EVENTS), xdf_ours.EVENTS))
    model_id = next((str(r.get("model_id", "")) for r in records if r["event"] == "session"), "")
    spans = xdf_ours.told_decisions(records)
    for stream in load(path, only=xdf_ours.DECISIONS):
        columns = labels_of(stream)
        rows = np.asarray(stream["time_series"], dtype=np.float64)
        if len(rows) and rows.shape[1] == len(columns):
            spans += xdf_ours.decision_spans(columns, rows, model_id)
            break
    return tuple(sorted(spans, key=lambda span: span.end_s))


def labels_of(stream: Stream) -> list[str]:
    """Return the names of a stream's columns, as it describes them."""
    return [_text(one, "label") for one in _described(stream)]


def is_xdf(path: Path) -> bool:
    """Whether a file is XDF by its name."""
    return path.name.lower().removesuffix(".gz").endswith(SUFFIXES)


def _scaled(series: NDArray[Any], factors: NDArray[np.float64]) -> NDArray[np.float32]:
    if series.dtype == np.float32 and np.all(factors == 1.0):
        return series
    scaled = np.empty(series.shape, dtype=np.float32)
    np.multiply(series, factors, out=scaled, casting="same_kind")
    return scaled


def _info(stream: Stream, key: str) -> str:
    return plain_text(str((stream["info"].get(key) or [""])[0] or ""), 256)


def _is_string(stream: Stream) -> bool:
    return _info(stream, "channel_format") == "string"


def _rate(stream: Stream) -> float:
    return float(_info(stream, "nominal_srate") or 0)


def rows_of(streams: Sequence[Stream], name: str) -> list[str]:
    """Return the texts of a one-column string stream."""
    return [str(row[0]) for s in streams if _info(s, "name") == name and _is_string(s) for row in s["time_series"]]


def _choose(path: Path, streams: Sequence[Stream], options: ReadOptions) -> Stream:
    wanted = options.stream
    usable = [
        (i, s)
        for i, s in enumerate(streams)
        if not _is_string(s) and _info(s, "name") not in xdf_ours.OTHERS and len(s["time_stamps"]) > 1
        if _rate(s) > 0 or options.rate_hz
    ]
    found = [s for i, s in usable if not wanted or wanted in (_info(s, "name"), _info(s, "type"), str(i))]
    found.sort(key=lambda s: _info(s, "type").upper() != "EEG")
    if not found:
        there = ", ".join(
            f"{i}: {_info(s, 'name')} ({_info(s, 'type')}, {_rate(s):g} Hz, {len(s['time_stamps'])} samples)"
            for i, s in enumerate(streams)
        )
        asked = f" called {wanted!r}" if wanted else ""
        raise RecordingError(f"{path}: no signal stream{asked} with a rate and samples; streams: {there or 'none'}")
    return found[0]


def _spec(path: Path, stream: Stream, options: ReadOptions) -> tuple[StreamSpec, NDArray[np.float64]]:
    """Return what will be delivered, and the factors that bring the values there."""
    name = _info(stream, "name") or path.name
    n_channels = np.asarray(stream["time_series"]).shape[1]
    described = (_described(stream) + [{}] * n_channels)[:n_channels]
    labels = repair_labels([_text(one, "label") for one in described], f"{path}: stream {name!r}")
    default = parse_kind(_info(stream, "type"))
    channels, factors = [], []
    for label, one in zip(labels, described, strict=True):
        kind = parse_kind(_text(one, "type"), default)
        unit = options.unit if options.unit and kind in VOLTAGE_KINDS else parse_unit(_text(one, "unit"))
        channel, factor = in_microvolts(Channel(label, kind, unit))
        channels.append(channel)
        factors.append(factor)
    rate_hz = options.rate_hz or _rate(stream)
    return StreamSpec(rate_hz, tuple(channels), name, _reference(stream)), np.array(factors)


def _text(element: Mapping[str, Any], key: str) -> str:
    value = (element.get(key) or [""])[0]
    return value if isinstance(value, str) else ""


def _reference(stream: Stream) -> str:
    try:
        return plain_text(_text(stream["info"]["desc"][0]["reference"][0], "label")) or "unknown"
    except (LookupError, TypeError, AttributeError):
        return "unknown"


def _described(stream: Stream) -> list[Mapping[str, Any]]:
    try:
        return [c if isinstance(c, dict) else {} for c in stream["info"]["desc"][0]["channels"][0]["channel"]]
    except (LookupError, TypeError):
        return []


def _markers(streams: Sequence[Stream]) -> list[Marker]:
    """Text streams, and the non-zero codes of irregular numeric streams that are called markers."""
    found = []
    for stream in streams:
        name = _info(stream, "name")
        pairs = zip(stream["time_stamps"], stream["time_series"], strict=True)
        if name == xdf_ours.MARKERS:
            found += [Marker(float(t), str(row[0]), str(row[-1])) for t, row in pairs]
        elif name in xdf_ours.OTHERS:
            continue
        elif _is_string(stream):
            found += [Marker(float(t), " | ".join(str(text) for text in row if text), name) for t, row in pairs]
        elif _rate(stream) == 0 and _info(stream, "type").lower() in MARKER_TYPES:
            found += [Marker(float(t), f"{code:g}", name) for t, row in pairs for code in row if code]
    return [marker for marker in found if np.isfinite(marker.time_s)]
