"""What our own recorder writes beside the samples, so that a replay delivers exactly what the session received."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devices.recording_data import ReadOptions, Recording, Span, indices_of
from pipelines.errors import RecordingError
from pipelines.signal import Channel, Flag, Marker, StreamSpec

EVENTS, MARKERS, DECISIONS, TIMING = "bci_app-events", "bci_app-markers", "bci_app-decisions", "bci_app-timing"
OTHERS = (EVENTS, MARKERS, DECISIONS, TIMING)
"""Streams beside the raw one."""
Record = Mapping[str, Any]


def parse(path: Path, lines: Sequence[str]) -> list[dict[str, Any]]:
    """Return the records of the event stream.

    Raises
    ------
    RecordingError
        If one is no JSON object with an ``event``.
    """
    records = []
    for number, line in enumerate(lines):
        try:
            record = json.loads(line)
        except ValueError as exc:
            raise RecordingError(f"{path}: record {number} of {EVENTS} is no JSON: {exc}") from exc
        if not isinstance(record, dict) or "event" not in record:
            raise RecordingError(f"{path}: record {number} of {EVENTS} does not say which event it is")
        records.append(record)
    return records


def session_settings(records: Sequence[Record]) -> dict[str, Any] | None:
    """Return the settings of the session that was recorded, with the decoders that took over; None: there is none."""
    found = next((r for r in records if r["event"] == "session"), None)
    if found is None:
        return None
    settings = dict(found.get("settings") or {})
    decoder = dict(settings.get("decoder") or {})
    turns = list(decoder.get("turns") or ())  # those before the recording began
    for record in records:
        if record["event"] == "decoder":
            turn = {"at_index": record.get("first_index"), "name": record.get("name", "")}
            turns += [] if turn in turns else [turn]
    if turns:
        settings["decoder"] = {**decoder, "turns": turns}
    return settings


def measured_unix_s(records: Sequence[Record]) -> float | None:
    """Return when the session began (UNIX time, s); None where it does not say."""
    value = next((r.get("started_unix_s") for r in records if r["event"] == "session"), None)
    return float(value) if isinstance(value, int | float) and value > 0 else None


def told_decisions(records: Sequence[Record]) -> tuple[Span, ...]:
    """Return the decisions of decoders that took over, which have no columns, as :func:`decision_spans` does."""
    return tuple(
        Span(float(r["start_s"]), float(r["end_s"]), f"decision/{r.get('label') or 'none'}", str(r.get("model_id", "")))
        for r in records
        if r["event"] == "decision"
    )


def decision_spans(columns: Sequence[str], rows: NDArray[np.float64], model_id: str = "") -> tuple[Span, ...]:
    """Return every decision as the stretch it was made on, labelled ``decision/<class>`` or ``decision/none``.

    Parameters
    ----------
    columns
        Names of the columns: ``p_<class>`` …, ``abstained``, ``start_s``, ``end_s``.
    rows
        Shape (n_decisions, n_columns).
    model_id
        Who made them.
    """
    classes = [name.removeprefix("p_") for name in columns if name.startswith("p_")]
    place = {name: column for column, name in enumerate(columns)}
    if not classes or not {"abstained", "start_s", "end_s"} <= set(place):
        return ()
    best = np.argmax(rows[:, [place[f"p_{name}"] for name in classes]], axis=1)
    return tuple(
        Span(
            float(row[place["start_s"]]),
            float(row[place["end_s"]]),
            f"decision/{'none' if row[place['abstained']] else classes[chosen]}",
            model_id,
        )
        for row, chosen in zip(rows, best, strict=True)
    )


def recorded_spec(path: Path, records: Sequence[Record], spec: StreamSpec, options: ReadOptions) -> StreamSpec:
    """Return the spec of the session, which says more than the stream's own description.

    Raises
    ------
    RecordingError
        If it does not fit the samples.
    """
    told = next((r["spec"] for r in records if r["event"] == "session" and r.get("spec")), None)
    if told is None:
        return spec
    try:
        channels = tuple(Channel(str(c["name"]), str(c["kind"]), str(c["unit"])) for c in told["channels"])
        recorded = StreamSpec(float(told["rate_hz"]), channels, str(told["source_id"]), str(told["reference"]))
    except (LookupError, TypeError, ValueError) as exc:
        raise RecordingError(f"{path}: the recorded session does not describe its stream: {exc!r}") from exc
    if recorded.n_channels != spec.n_channels:
        raise RecordingError(
            f"{path}: the session had {recorded.n_channels} channels, the stream has {spec.n_channels}"
        )
    return replace(recorded, rate_hz=options.rate_hz or recorded.rate_hz)


def rebuild(
    path: Path,
    spec: StreamSpec,
    samples: NDArray[np.float32],
    times_s: NDArray[np.float64],
    markers: tuple[Marker, ...],
    records: Sequence[Record],
) -> Recording:
    """Put losses and flags where they were declared, not where the stamps suggest them.

    Raises
    ------
    RecordingError
        If a record lacks what it should say.
    """
    try:
        first = next((int(r["first_index"]) for r in records if r["event"] == "recording_started"), 0)
        losses = _losses(first, len(samples), records)
        flags = _flags(indices_of(len(samples), losses, first), records)
    except (LookupError, TypeError, ValueError) as exc:
        raise RecordingError(f"{path}: a record of {EVENTS} is not as our recorder writes it: {exc!r}") from exc
    return Recording(
        spec, samples, times_s, losses, flags, markers, first, session_settings(records), measured_unix_s(records)
    )


def _losses(first: int, n_rows: int, records: Sequence[Record]) -> dict[int, int]:
    """Turn absolute indices, which count lost samples, into rows, which do not."""
    losses: dict[int, int] = {}
    gaps = sorted((int(r["first_index"]), int(r["lost"])) for r in records if r["event"] == "gap")
    lost_before = 0
    for index, lost in gaps:
        row = index - first - lost_before - lost
        lost_before += lost
        if 0 <= row < n_rows:
            losses[row] = losses.get(row, 0) + lost
    return losses


def _flags(indices: NDArray[np.int64], records: Sequence[Record]) -> NDArray[np.uint8]:
    flags = np.zeros(len(indices), dtype=np.uint8)
    for record in records:
        if record["event"] == "flags":
            row = int(np.searchsorted(indices, int(record["first_index"])))
            for value, count in record["flags"]:
                flags[row : row + int(count)] = Flag(int(value))
                row += int(count)
    return flags
