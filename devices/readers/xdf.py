"""XDF, through pyxdf: any of several streams, and our own recordings exactly as they were."""

from __future__ import annotations

import json
import logging
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyxdf
from numpy.typing import NDArray

from devices.channel_kinds import parse_kind
from devices.channel_units import in_microvolts, parse_unit
from devices.readers.xdf_tail import whole
from devices.recording_data import ReadOptions, Recording, losses_from_times
from pipelines.errors import RecordingError
from pipelines.signal import Channel, Flag, Marker, StreamSpec

log = logging.getLogger(__name__)
SUFFIXES = (".xdf", ".xdfz")
EVENTS, MARKERS = "bci_app-events", "bci_app-markers"
OURS = ("bci_app-events", "bci_app-markers", "bci_app-decisions", "bci_app-timing")
FAILURES = (
    OSError,
    ValueError,
    RuntimeError,
    KeyError,
    IndexError,
    TypeError,
    EOFError,
    AttributeError,
    SyntaxError,
    struct.error,
)
Stream = Mapping[str, Any]


def read(path: Path, options: ReadOptions) -> Recording:
    """Read one signal stream and all marker streams; clock offsets are applied, stamps are not smoothed.

    Raises
    ------
    RecordingError
        If the file is damaged beyond reading, or there is no such stream.
    """
    streams = load(path)
    chosen = _choose(path, streams, options.stream)
    spec, factors = _spec(path, chosen, options)
    samples = (np.asarray(chosen["time_series"], dtype=np.float64) * factors).astype(np.float32)
    times_s = np.asarray(chosen["time_stamps"], dtype=np.float64)
    events = _events(streams)
    markers = tuple(sorted(_markers(streams), key=lambda marker: marker.time_s))
    if not events:
        smooth = np.maximum.accumulate(times_s)
        return Recording(spec, samples, smooth, losses_from_times(times_s, spec.rate_hz), markers=markers)
    return _ours(spec, samples, times_s, markers, events)


def load(path: Path) -> list[Stream]:
    """Return all streams of a file."""
    logging.getLogger("pyxdf").setLevel(logging.ERROR)  # damaged footers are usual, and not needed
    try:
        with whole(path) as file:
            streams, _ = pyxdf.load_xdf(str(file), dejitter_timestamps=False)
    except FAILURES as exc:
        raise RecordingError(f"{path}: cannot be read as XDF: {exc}") from exc
    return list(streams)


def embedded_session(path: Path) -> dict[str, Any] | None:
    """Return the settings that our recorder wrote into a file; None in other files."""
    if path.suffix.lower() not in SUFFIXES:
        return None
    sessions = [event for event in _events(load(path)) if event.get("event") == "session"]
    return dict(sessions[0].get("settings") or {}) if sessions else None


def _info(stream: Stream, key: str) -> str:
    return str((stream["info"].get(key) or [""])[0] or "")


def _is_string(stream: Stream) -> bool:
    return _info(stream, "channel_format") == "string"


def _choose(path: Path, streams: Sequence[Stream], wanted: str) -> Stream:
    signals = [s for s in streams if not _is_string(s) and _info(s, "name") not in OURS]
    usable = [s for s in signals if len(s["time_stamps"]) > 1 and float(_info(s, "nominal_srate") or 0) > 0]
    if wanted:
        usable = [
            s for i, s in enumerate(streams) if s in usable and wanted in (_info(s, "name"), _info(s, "type"), str(i))
        ]
    usable.sort(key=lambda s: _info(s, "type").upper() != "EEG")
    if not usable:
        there = ", ".join(f"{_info(s, 'name')} ({_info(s, 'type')}, {len(s['time_stamps'])} samples)" for s in streams)
        asked = f" called {wanted!r}" if wanted else ""
        raise RecordingError(f"{path}: no signal stream{asked} with a rate and samples; streams: {there or 'none'}")
    return usable[0]


def _spec(path: Path, stream: Stream, options: ReadOptions) -> tuple[StreamSpec, NDArray[np.float64]]:
    described = _described(stream)
    default = parse_kind(_info(stream, "type"), "eeg")
    channels, factors, taken = [], [], set()
    for i in range(int(_info(stream, "channel_count"))):
        one = described[i] if i < len(described) else {}
        label = str((one.get("label") or [""])[0] or f"{_info(stream, 'name')}{i + 1}")
        name = label if label not in taken else f"{label}_{i + 1}"
        taken.add(name)
        kind = parse_kind((one.get("type") or [""])[0], default)
        unit = options.unit if options.unit and kind == "eeg" else parse_unit((one.get("unit") or [""])[0])
        channel, factor = in_microvolts(Channel(name, kind, unit))
        channels.append(channel)
        factors.append(factor)
    rate_hz = options.rate_hz or float(_info(stream, "nominal_srate"))
    name = _info(stream, "name") or path.name
    return StreamSpec(rate_hz, tuple(channels), name, _reference(stream)), np.array(factors)


def _reference(stream: Stream) -> str:
    try:
        return str(stream["info"]["desc"][0]["reference"][0]["label"][0] or "unknown")
    except (KeyError, IndexError, TypeError):
        return "unknown"


def _described(stream: Stream) -> list[Any]:
    try:
        return list(stream["info"]["desc"][0]["channels"][0]["channel"])
    except (KeyError, IndexError, TypeError):
        return []


def _events(streams: Sequence[Stream]) -> list[dict[str, Any]]:
    found = []
    for stream in streams:
        if _info(stream, "name") == EVENTS:
            for (text,) in stream["time_series"]:
                found.append(json.loads(text))
    return found


def _markers(streams: Sequence[Stream]) -> list[Marker]:
    found = []
    for stream in streams:
        name = _info(stream, "name")
        if not _is_string(stream) or name == EVENTS:
            continue
        for time_s, row in zip(stream["time_stamps"], stream["time_series"], strict=True):
            origin = str(row[1]) if name == MARKERS and len(row) > 1 else name
            found.append(Marker(float(time_s), str(row[0]), origin))
    return found


def _ours(
    spec: StreamSpec,
    samples: NDArray[np.float32],
    times_s: NDArray[np.float64],
    markers: tuple[Marker, ...],
    events: Sequence[Mapping[str, Any]],
) -> Recording:
    """Rebuild a stream of our own recorder: losses and flags as they were declared, not as the stamps suggest."""
    first = next((int(e["first_index"]) for e in events if e["event"] == "recording_started"), 0)
    gaps = sorted((int(e["first_index"]), int(e["lost"])) for e in events if e["event"] == "gap")
    losses, lost_before = {}, 0
    for index, lost in gaps:
        row = index - first - lost_before - lost
        if 0 <= row < len(samples):
            losses[row] = lost
        lost_before += lost
    flags = np.zeros(len(samples), dtype=np.uint8)
    bare = Recording(spec, samples, times_s, losses, first_index=first)
    marked = {int(e["first_index"]): e["flags"] for e in events if e["event"] == "flags"}
    if marked:
        indices = bare.indices()
        for index, runs in marked.items():
            row = int(np.searchsorted(indices, index))
            for value, count in runs:
                flags[row : row + count] = Flag(value)
                row += count
    session = next((e.get("settings") or {} for e in events if e["event"] == "session"), None)
    return Recording(spec, samples, times_s, losses, flags, markers, first, session)
