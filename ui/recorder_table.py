"""The recorder among a session's sinks: what the draft says of it, and what is asked of it while a session runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bci_app.commands import StartRecording
from bci_app.recording_names import BIDS, PLAIN, Labels, candidates
from ui.session_files import RECORDER

DEFAULTS: Mapping[str, Any] = {
    "kind": RECORDER, "folder": "recordings", "subject": "", "session_label": "01", "task": "default", "run": 1,
    "autostart": False,
}  # fmt: skip


def recorder_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first recorder's table in a session's values, completed; the defaults where there is none."""
    found = next((sink for sink in values.get("sinks", ()) if sink.get("kind") == RECORDER), None)
    if found is None:
        return dict(DEFAULTS)
    return {**DEFAULTS, "autostart": True, **found}  # a recorder in a session file begins with the first sample


def sinks_with(values: Mapping[str, Any], recorder: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the session's sinks with another recorder in the place of the first one, or at the end."""
    sinks = [dict(sink) for sink in values.get("sinks", ())]
    place = next((k for k, sink in enumerate(sinks) if sink.get("kind") == RECORDER), len(sinks))
    return [*sinks[:place], dict(recorder), *sinks[place + 1 :]]


def request(recorder: Mapping[str, Any]) -> StartRecording:
    """Return the command that begins such a recording now."""
    labels = Labels(
        str(recorder["subject"]), str(recorder["session_label"]), str(recorder["task"]), int(recorder["run"])
    )
    return StartRecording(str(recorder["folder"]), labels)


def next_path(recorder: Mapping[str, Any], session: str) -> Path:
    """Return the file that would be written next.

    Raises
    ------
    RecordingError
        If what it is named by leaves the folder.
    """
    values = {
        "session": session,
        "subject": str(recorder["subject"]) or "unknown",
        "session_label": str(recorder["session_label"]),
        "task": str(recorder["task"]),
    }
    template = str(recorder.get("file_name") or (BIDS if recorder["subject"] else PLAIN))
    paths = candidates(Path(str(recorder["folder"])).expanduser(), template, values, int(recorder["run"]))
    return next(path for path in paths if not path.exists())
