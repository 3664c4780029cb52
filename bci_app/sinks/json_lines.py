"""Everything but samples as JSON, one object a line, to a file or standard output."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

from pydantic import Field

from bci_app.event_records import event_record, to_json
from bci_app.events import Event, Session, SessionEvent
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Where the lines go."""

    path: str = Field("-", min_length=1, description="The file, appended to; '-' is standard output.")


class JsonLines:
    """Each line has ``event`` (``session``, ``marker``, ``decision``, ``state`` …) and that event's fields."""

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
        self.close()
        try:
            self._file = sys.stdout if self._path == "-" else _opened(Path(self._path))
        except OSError as exc:
            raise RecordingError(f"{self._path}: cannot be written: {exc.strerror or exc}") from exc
        self.accept(SessionEvent(session))

    def accept(self, event: Event) -> None:
        """Write one event; samples are passed over.

        Raises
        ------
        RecordingError
            If the line could not be written.
        """
        record = event_record(event)
        if self._file is None or record is None:
            return
        try:
            self._file.write(to_json(record) + "\n")
            self._file.flush()
        except OSError as exc:
            raise RecordingError(f"{self._name}: could not be written: {exc.strerror or exc}") from exc

    def close(self) -> None:
        """Close the file; standard output stays open.

        Raises
        ------
        RecordingError
            If what was left could not be written.
        """
        file, self._file = self._file, None
        if file is None or file is sys.stdout:
            return
        try:
            file.close()
        except OSError as exc:
            raise RecordingError(f"{self._name}: could not be closed: {exc.strerror or exc}") from exc

    @property
    def _name(self) -> str:
        return "standard output" if self._path == "-" else self._path


def _opened(path: Path) -> TextIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("a", encoding="utf-8", newline="\n")


def build(settings: Settings) -> JsonLines:
    """Make the sink."""
    return JsonLines(settings)
