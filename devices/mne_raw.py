"""A recording as MNE's ``Raw``: volts, a time axis without holes, and annotations that say what is not signal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import mne
import numpy as np
from numpy.typing import NDArray

from devices.lsl_description import plain_text
from devices.readers.mne_formats import SKIPPED, VOLTAGES
from devices.recording_data import Recording, Span
from pipelines.errors import RecordingError, UnitMismatch
from pipelines.signal import MICROVOLTS_PER, Flag, StreamSpec

NOT_FINITE, CUT = "BAD_nonfinite", "BAD boundary"
"""MNE leaves stretches out of every computation whose annotation begins with ``BAD``."""
VOLTS_PER_MICROVOLT = 1e-6
MOST_FILLED = 10
"""How many times as long as the signal its holes may be."""


def to_raw(recording: Recording, where: str, spans: Sequence[Span] = ()) -> tuple[Any, list[str]]:
    """Return MNE's ``RawArray`` and, in plain words, all that is not written as it was recorded.

    Sample ``k`` lies at ``k / rate``. In place of a lost sample, and of a value that is not finite, stands the last
    value before it, annotated ``BAD_ACQ_SKIP`` and ``BAD_nonfinite``.

    Parameters
    ----------
    recording
        What a reader returned.
    where
        File, for messages.
    spans
        Further stretches to annotate (s, on the recording's clock): decisions.

    Raises
    ------
    UnitMismatch
        If the unit of a voltage channel is not known.
    RecordingError
        If there are no samples, or the holes are so long that the stamps cannot be right.
    """
    spec = recording.spec
    kinds, factors, told = _channels(spec, where)
    if not len(recording.times_s):
        raise RecordingError(f"{where}: holds no samples")
    indices = recording.indices()
    indices -= indices[0]
    n_rows, n_samples = len(indices), int(indices[-1]) + 1
    if n_samples > MOST_FILLED * n_rows + 3600 * spec.rate_hz:
        signal_s, holes_s = n_rows / spec.rate_hz, (n_samples - n_rows) / spec.rate_hz
        raise RecordingError(
            f"{where}: {signal_s:.0f} s of signal with holes of {holes_s:.0f} s in it: its time stamps cannot be "
            "right, and such holes cannot be filled"
        )
    rows = np.asarray(recording.samples[:], dtype=np.float64)
    finite = np.isfinite(rows)
    if not finite.all():
        told.append(f"{np.count_nonzero(~finite.all(axis=1))} samples hold values that are not finite: last value held")
        rows = _held(rows, finite)
    filled = np.repeat(np.arange(n_rows), np.diff([*indices, n_samples]))
    info = mne.create_info(list(spec.names), spec.rate_hz, kinds, verbose="error")
    raw = mne.io.RawArray((rows[filled] * factors).T, info, verbose="error")
    if recording.measured_unix_s is not None:
        # Whole seconds: formats differ in how they keep parts of one, and with it would move the annotations.
        raw.set_meas_date(datetime.fromtimestamp(int(recording.measured_unix_s), tz=UTC))
    if n_samples > n_rows:
        told.append(f"{n_samples - n_rows} lost samples: last value held, annotated {SKIPPED}")
    _annotate(raw, [*_faults(recording, indices, finite), *_told(recording, spans, indices)])
    return raw, told


def _channels(spec: StreamSpec, where: str) -> tuple[list[str], NDArray[np.float64], list[str]]:
    """Return MNE's channel types, what samples are multiplied by, and what has to be said of it."""
    kinds: list[str] = []
    factors: list[float] = []
    unknown: list[str] = []
    other: list[str] = []
    voltages: list[str] = []
    for channel in spec.channels:
        kind, is_voltage = channel.kind, channel.unit in MICROVOLTS_PER
        if kind in VOLTAGES and not is_voltage:
            unknown.append(channel.name)
        elif kind not in VOLTAGES and kind != "stim":
            if is_voltage or channel.unit != "1":
                (voltages if is_voltage else other).append(channel.name)
            kind = "bio" if is_voltage else "misc"
        scaled = kind in VOLTAGES and is_voltage
        kinds.append(kind)
        factors.append(MICROVOLTS_PER[channel.unit] * VOLTS_PER_MICROVOLT if scaled else 1.0)
    if unknown:
        raise UnitMismatch(
            f"{where}: the unit of {', '.join(unknown)} is not known, and a file in volts needs it: "
            "state it with --unit"
        )
    told = []
    if other:
        told.append(f"{', '.join(other)}: no voltage: values as they are, type misc")
    if voltages:
        told.append(f"{', '.join(voltages)}: a voltage of no kind that MNE knows: type bio")
    return kinds, np.array(factors), told


def _held(rows: NDArray[np.float64], finite: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Put the last finite value of the channel (before the first one: 0) in place of what is not finite."""
    last = np.maximum.accumulate(np.where(finite, np.arange(len(rows))[:, None], -1), axis=0)
    return np.where(last < 0, 0.0, np.take_along_axis(rows, np.maximum(last, 0), axis=0))


def _faults(recording: Recording, indices: NDArray[np.int64], finite: NDArray[np.bool_]) -> Iterable[Span]:
    """Yield what is not signal; times from the first sample (s)."""
    rate_hz = recording.spec.rate_hz
    for after, count in recording.losses.items():
        if after > 0:
            yield Span((indices[after] - count) / rate_hz, indices[after] / rate_hz, SKIPPED)
    flags = np.zeros(len(indices), np.uint8) if recording.flags is None else recording.flags
    marked = ((flags & Flag.LOST > 0, SKIPPED), (~finite.all(axis=1) | (flags & Flag.NONFINITE > 0), NOT_FINITE))
    for rows, label in marked:
        for start, stop in _runs(rows):
            yield Span(indices[start] / rate_hz, (indices[stop - 1] + 1) / rate_hz, label)
    for row in np.flatnonzero(flags & Flag.CLOCK_JUMP):
        yield Span(indices[row] / rate_hz, indices[row] / rate_hz, CUT)


def _runs(rows: NDArray[np.bool_]) -> Iterable[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], rows, [False]))))
    return zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _told(recording: Recording, spans: Sequence[Span], indices: NDArray[np.int64]) -> Iterable[Span]:
    """Yield markers and decisions, moved from the recording's clock to the time from the first sample (s)."""
    elapsed_s = indices / recording.spec.rate_hz
    markers = [Span(m.time_s, m.time_s, m.label) for m in recording.markers if m.label != SKIPPED]
    several = len({span.by for span in spans}) > 1
    decided = [replace(span, label=_by(span)) if several else span for span in spans]
    for span in (*markers, *decided):
        start_s, end_s = np.interp([span.start_s, span.end_s], recording.times_s, elapsed_s)
        yield Span(float(start_s), float(end_s), span.label)


def _by(span: Span) -> str:
    """Return ``decision/<model>/<class>``, where more than one model has decided."""
    kind, _, label = span.label.partition("/")
    return f"{kind}/{span.by}/{label}"


def _annotate(raw: Any, spans: Sequence[Span]) -> None:
    ordered = sorted(spans, key=lambda span: span.start_s)
    raw.set_annotations(
        mne.Annotations(
            [span.start_s for span in ordered],
            [span.end_s - span.start_s for span in ordered],
            # MNE parts descriptions at semicolons.
            [plain_text(span.label, 256).replace(";", ",") or "marker" for span in ordered],
            orig_time=raw.info["meas_date"],
        ),
        verbose="error",
    )
