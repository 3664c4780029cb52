"""A recorder that never runs out of disk by chance, and a look into its event stream."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bci_app.events import NoticeEvent, RecordingEvent
from bci_app.sinks.xdf_recorder import Settings, XdfRecorder

ROOMY = {"min_free_mb": 0.0, "warn_free_mb": 0.0}


def a_recorder(folder: Path, **settings: Any) -> tuple[XdfRecorder, list[NoticeEvent]]:
    recorder = XdfRecorder(Settings(folder=str(folder), **{**ROOMY, **settings}))
    notices: list[NoticeEvent] = []
    recorder.on_event = lambda event: notices.append(event) if isinstance(event, NoticeEvent) else None
    return recorder, notices


def a_followed_recorder(folder: Path, **settings: Any) -> tuple[XdfRecorder, list[RecordingEvent]]:
    recorder, _ = a_recorder(folder, **settings)
    told_of: list[RecordingEvent] = []
    recorder.on_event = lambda event: told_of.append(event) if isinstance(event, RecordingEvent) else None
    return recorder, told_of


def told(streams: dict[str, dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    """Return the records of the event stream, of some kinds or all."""
    records = [json.loads(text) for (text,) in streams["bci_app-events"]["time_series"]]
    return [one for one in records if not kinds or one["event"] in kinds]
