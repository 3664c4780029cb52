"""Everything but samples as JSON, one object a line, to a file or standard output."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TextIO

from pydantic import Field

from bci_app.events import ChunkEvent, Event, Session, SessionEvent
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Where the lines go."""

    path: str = Field("-", min_length=1, description="The file, appended to; '-' is standard output.")


class JsonLines:
    """Each line has ``event``, the event's class name, and its fields."""

    def __init__(self, settings: Settings) -> None:
        self._path = settings.path
        self._file: TextIO | None = None

    def open(self, session: Session) -> None:
        """Begin with the session.

        Raises
        ------
        RecordingError
            If the file cannot be written.
        """
        try:
            self._file = sys.stdout if self._path == "-" else Path(self._path).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115
        except OSError as exc:
            raise RecordingError(f"{self._path}: cannot be written: {exc.strerror}") from exc
        self.accept(SessionEvent(session))

    def accept(self, event: Event) -> None:
        """Write one event."""
        if self._file is None or isinstance(event, ChunkEvent):
            return
        line = json.dumps({"event": type(event).__name__, **asdict(event)}, default=_plain)
        self._file.write(line + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file; standard output stays open."""
        if self._file is not None and self._file is not sys.stdout:
            self._file.close()
        self._file = None


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def build(settings: Settings) -> JsonLines:
    """Make the sink."""
    return JsonLines(settings)
