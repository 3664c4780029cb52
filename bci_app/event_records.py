"""Events as plain records that JSON can hold: what the recording's event stream and the JSON lines have in common."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from enum import Enum
from typing import Any

from bci_app.events import (
    AnswerEvent,
    ChannelQualityEvent,
    ChunkEvent,
    DecisionEvent,
    DecoderEvent,
    DiskEvent,
    Event,
    HeartbeatEvent,
    LoopTiming,
    MarkerEvent,
    NoticeEvent,
    OutlineEvent,
    PlaybackEvent,
    QualityEvent,
    QuestionEvent,
    RecordingEvent,
    Session,
    SessionEvent,
    StateEvent,
)

KINDS: dict[type, str] = {
    NoticeEvent: "notice",
    RecordingEvent: "recording",
    DecoderEvent: "decoder",
    DiskEvent: "disk",
    QuestionEvent: "question",
    AnswerEvent: "answer",
}
"""Events that are told field by field."""


def session_record(session: Session) -> dict[str, Any]:
    """Return everything a session says of itself."""
    spec = session.spec
    return {
        "event": "session",
        "name": session.name,
        "settings": session.settings,
        "stages": session.stages,
        "versions": session.versions,
        "model_id": session.model_id,
        "classes": session.classes,
        "window_s": session.window_s,
        "hop_s": session.hop_s,
        "started_unix_s": session.started_unix_s,
        "spec": {
            "rate_hz": spec.rate_hz,
            "source_id": spec.source_id,
            "reference": spec.reference,
            "channels": [{"name": c.name, "kind": c.kind, "unit": c.unit} for c in spec.channels],
        },
    }


def event_record(event: Event) -> dict[str, Any] | None:
    """Return ``{"event": kind, ...}``; None for samples, outlines and heartbeats, which are no matter of JSON."""
    match event:
        case ChunkEvent() | OutlineEvent() | HeartbeatEvent():
            return None
        case SessionEvent(session):
            return session_record(session)
        case MarkerEvent(m):
            return {"event": "marker", "time_s": m.time_s, "label": m.label, "stream": m.stream}
        case DecisionEvent(d):
            return {
                "event": "decision",
                "window_index": d.window_index,
                "start_s": d.start_s,
                "end_s": d.end_s,
                "label": d.label,
                "probabilities": dict(zip(d.labels, d.probabilities, strict=True)),
                "abstained": d.abstained,
                "reason": d.reason,
                "model_id": d.model_id,
                "decided_at_s": d.decided_at_s,
                "prediction_set": d.prediction_set,
                "unfamiliarity": d.unfamiliarity,
                "unfamiliar": d.unfamiliar,
            }
        case StateEvent(state, message, time_s):
            return {"event": "state", "state": state, "message": message, "time_s": time_s}
        case QualityEvent() | ChannelQualityEvent():
            return _quality_record(event)
        case NoticeEvent() | RecordingEvent() | DecoderEvent() | DiskEvent() | QuestionEvent() | AnswerEvent():
            return {"event": KINDS[type(event)], **asdict(event)}
        case PlaybackEvent(state):
            return {"event": "playback", "position_s": event.position_s, "time_s": event.time_s, **asdict(state)}
        case LoopTiming():
            return _timing_record(event)


def _quality_record(event: QualityEvent | ChannelQualityEvent) -> dict[str, Any]:
    if isinstance(event, QualityEvent):
        return {"event": "quality", "bad_channels": event.bad_channels, "time_s": event.time_s}
    measured = {one.name: {key: value for key, value in asdict(one).items() if key != "name"} for one in event.channels}
    return {"event": "channel_quality", "channels": measured, "time_s": event.time_s}


def _timing_record(timing: LoopTiming) -> dict[str, Any]:
    sections = {
        s.name: {"p50_ms": s.p50_ms, "p99_ms": s.p99_ms, "worst_ms": s.worst_ms, "count": s.count}
        for s in timing.sections
    }
    return {
        "event": "timing",
        "sections": sections,
        "late_s": timing.late_s,
        "dropped_windows": timing.dropped_windows,
        "lost_samples": timing.lost_samples,
        "samples": timing.samples,
        "time_s": timing.time_s,
    }


def to_json(record: Mapping[str, Any]) -> str:
    """Return one line of strict JSON in ASCII: NaN and infinity become null, anything unknown its text."""
    return json.dumps(_plain(record), allow_nan=False)


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return _plain(value.value)
        case None | bool() | int() | str():
            return value
        case float():
            return float(value) if math.isfinite(value) else None
        case Mapping():
            return {str(key): _plain(one) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(one) for one in value]
    return str(value)
