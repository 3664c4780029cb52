"""Behind ``bci-app paradigm``: run a paradigm in the terminal on a session's source, recorded."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from bci_app.assembly import build
from bci_app.config import SessionSettings
from bci_app.cue_sink import CueSink
from bci_app.sessions import stop_on_signals
from bci_app.summary import Summary
from pipelines.errors import ConfigError, RecordingError
from pipelines.plugins import make

FILE_NAME = "{{session}}_{paradigm}_{{date}}_{{time}}.xdf"


def run_paradigm(settings: SessionSettings, kind: str, folder: str, console: Console) -> Path:
    """Run the paradigm of a session (or ``kind``, with its defaults) to its end; return the recording.

    Raises
    ------
    ConfigError
        If no paradigm is named.
    RecordingError
        If nothing was recorded.
    BciError
        Whatever ends a session.
    """
    own = settings.paradigm or {}
    table = own if own.get("kind") == kind or not kind else {"kind": kind}
    if not table:
        raise ConfigError(f"{settings.name}: names no paradigm: give --kind, or [paradigm] in the session file")
    paradigm = make("paradigms", table, f"{settings.name}: [paradigm]")
    recorder = {"kind": "xdf_recorder", "folder": folder, "file_name": FILE_NAME.format(paradigm=paradigm.kind)}
    sinks = tuple(sink for sink in settings.sinks if sink["kind"] != "xdf_recorder")
    settings = settings.model_copy(update={"paradigm": table, "sinks": (*sinks, recorder), "duration_s": None})
    summary = Summary()
    with stop_on_signals() as stop:
        cues = CueSink(paradigm, console, stop)
        engine = build(settings, [cues, summary])
        cues.post = engine.post
        engine.run(stop)
    if not summary.recordings:
        raise RecordingError(f"{folder}: nothing was recorded; what the session said tells why")
    return Path(summary.recordings[-1]).resolve()
