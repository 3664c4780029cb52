"""The streams of a recording, and what of each event goes into which: raw, events, markers, decisions, timing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci_app.event_records import event_record, session_record, to_json
from bci_app.events import (
    DecisionEvent,
    DiskEvent,
    Event,
    LoopTiming,
    MarkerEvent,
    Session,
)
from bci_app.timing import SECTIONS
from bci_app.xdf_encoding import XdfStream
from bci_app.xdf_writer import Batch
from devices.clock import now_s, unix_to_lsl_s
from pipelines.decision import Decision
from pipelines.signal import Chunk, Marker

RAW, EVENTS, MARKERS = "bci_app-raw", "bci_app-events", "bci_app-markers"
DECISIONS, TIMING = "bci_app-decisions", "bci_app-timing"
UNIT_NAMES = {"uV": "microvolts", "mV": "millivolts", "V": "volts", "nV": "nanovolts"}
STATISTICS = ("p50_ms", "p99_ms", "worst_ms", "count")
TIMING_COLUMNS = (
    *(f"{section}_{statistic}" for section in SECTIONS for statistic in STATISTICS),
    "late_s",
    "dropped_windows",
    "lost_samples",
    "samples",
)


class RecordingStreams:
    """Turns the events of one session into batches for :class:`~bci_app.xdf_writer.XdfWriter`, for one file.

    The event stream tells what samples alone cannot, as JSON: ``session``; ``recording_started`` with the index of
    the first sample; ``gap`` and ``flags`` just before the samples they speak of; ``state``, ``quality``, ``notice``,
    ``abstained``, ``unfamiliar``.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        taken = {EVENTS, MARKERS, DECISIONS, TIMING, ""}
        self.raw = RAW if session.spec.source_id in taken else session.spec.source_id
        self._started = False

    def headers(self) -> tuple[XdfStream, ...]:
        """Return the streams of the file; decisions only where a decoder runs."""
        session = self._session
        about = {"model_id": session.model_id, "window_s": session.window_s, "hop_s": session.hop_s}
        columns = (
            *(f"p_{name}" for name in session.classes),
            *("abstained", "window_index", "start_s", "end_s"),
            # NaN where the decoder does not say.
            *(f"set_{name}" for name in session.classes),
            "unfamiliarity",
        )
        streams = [
            self._raw_header(),
            _table(EVENTS, "Events", ("event",), text=True),
            _table(MARKERS, "Markers", ("label", "stream"), text=True),
            _table(TIMING, "Timing", TIMING_COLUMNS),
        ]
        if session.classes:
            streams.insert(3, _table(DECISIONS, "BCI", columns, bci_app=about))
        return tuple(streams)

    def opening(self) -> Batch:
        """Return what every file begins with: the whole session, and how UNIX time maps to the stamps."""
        now = now_s()
        return self._told(now, {**session_record(self._session), "unix_to_lsl_s": unix_to_lsl_s()})

    def batches(self, event: Event) -> list[Batch]:
        """Return what is to be written of an event other than samples."""
        match event:
            case MarkerEvent(Marker(time_s, label, stream)):
                return [(MARKERS, [time_s], [[label, stream]])]
            case DecisionEvent(decision):
                return self._decision(decision, event)
            case DiskEvent():  # of no interest once the file is there
                return []
            case LoopTiming():
                return [(TIMING, [event.time_s], _timing_row(event))]
        record = event_record(event)
        return [] if record is None else [self._told(record.get("time_s") or now_s(), record)]

    def samples(self, chunk: Chunk) -> list[Batch]:
        """Return the samples of a chunk behind what has to be said of them."""
        if not chunk.n_samples and not chunk.gap_before:
            return []
        index = chunk.first_index
        told: list[dict[str, Any]] = []
        if not self._started:
            # Counted from the first sample that should have come, so that a gap before it fits in.
            told.append({"event": "recording_started", "first_index": index - chunk.gap_before})
            self._started = True
        if chunk.gap_before:
            told.append({"event": "gap", "first_index": index, "lost": chunk.gap_before})
        if chunk.flags.any():
            told.append({"event": "flags", "first_index": index, "flags": run_lengths(chunk.flags)})
        raw: Batch = (self.raw, chunk.times_s, chunk.samples)
        if not told:
            return [raw]
        return [self._told(float(chunk.times_s[0]) if chunk.n_samples else now_s(), *told), raw]

    def _told(self, stamp_s: float, *records: dict[str, Any]) -> Batch:
        return EVENTS, [stamp_s] * len(records), [[to_json(record)] for record in records]

    def _decision(self, d: Decision, event: DecisionEvent) -> list[Batch]:
        if (d.labels, d.model_id) != (self._session.classes, self._session.model_id):
            # The columns are those of one decoder; what another decides is told with its name.
            record = event_record(event)
            assert record is not None
            return [self._told(d.decided_at_s, record)]
        sets = [name in d.prediction_set if d.prediction_set else np.nan for name in d.labels]
        strange = np.nan if d.unfamiliarity is None else d.unfamiliarity
        values = [*d.probabilities, d.abstained, d.window_index, d.start_s, d.end_s, *sets, strange]
        row = np.array([values], dtype=np.float64)
        batches: list[Batch] = [(DECISIONS, [d.decided_at_s], row)]
        if d.abstained:
            record = {"event": "abstained", "window_index": d.window_index, "reason": d.reason}
            batches.insert(0, self._told(d.decided_at_s, record))
        if d.unfamiliar:
            record = {"event": "unfamiliar", "window_index": d.window_index, "in": d.unfamiliar}
            batches.insert(0, self._told(d.decided_at_s, record))
        return batches

    def _raw_header(self) -> XdfStream:
        session, spec = self._session, self._session.spec
        channels = [
            {"label": c.name, "type": c.kind.upper(), "unit": UNIT_NAMES.get(c.unit, c.unit)} for c in spec.channels
        ]
        desc = {
            "channels": {"channel": channels},
            "reference": {"label": spec.reference},
            "acquisition": {"manufacturer": "unknown", "model": spec.source_id or "unknown"},
            # Keeps readers from straightening the stamps across samples that were lost.
            "synchronization": {"can_drop_samples": "true"},
            "bci_app": {"session": session.name, "version": session.versions.get("bci-app", "unknown")},
        }
        return XdfStream(self.raw, "EEG", spec.n_channels, "float32", spec.rate_hz, spec.source_id, desc)


def run_lengths(flags: NDArray[np.uint8]) -> list[list[int]]:
    """Return ``[[value, count], ...]``."""
    starts = np.concatenate(([0], np.flatnonzero(np.diff(flags)) + 1))
    counts = np.diff(np.append(starts, flags.size))
    return [[int(flags[start]), int(n)] for start, n in zip(starts, counts, strict=True)]


def _table(name: str, kind: str, columns: tuple[str, ...], *, text: bool = False, **more: Any) -> XdfStream:
    desc = {"channels": {"channel": [{"label": column, "type": kind, "unit": "none"} for column in columns]}, **more}
    return XdfStream(name, kind, len(columns), "string" if text else "double64", 0.0, name, desc)


def _timing_row(timing: LoopTiming) -> NDArray[np.float64]:
    """Return one row of :data:`TIMING_COLUMNS`; NaN for sections in which nothing happened."""
    sections = {s.name: (s.p50_ms, s.p99_ms, s.worst_ms, float(s.count)) for s in timing.sections}
    idle = (np.nan, np.nan, np.nan, 0.0)
    values = [value for name in SECTIONS for value in sections.get(name, idle)]
    counts = (timing.late_s, timing.dropped_windows, timing.lost_samples, timing.samples)
    return np.array([[*values, *counts]], dtype=np.float64)
