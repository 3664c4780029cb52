"""The :class:`Sink` protocol: where events go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, runtime_checkable

from bci_app.events import DiskEvent, Event, NoticeEvent, RecordingEvent, Session
from bci_app.recording_names import NO_LABELS, Labels


class Sink(Protocol):
    """Recorder, LSL outlet, console, the pipe to the window: all equal, all called on the engine's thread.

    A chunk's arrays may be reused after ``accept`` returns: copy what is kept. A sink that raises is reported by a
    notice and closed; the engine and the other sinks go on. At the end recorders are closed first and the rest in turn:
    what one says while it closes still reaches those behind it.
    """

    def open(self, session: Session) -> None:
        """Start; called once the source's spec is known."""
        ...

    def accept(self, event: Event) -> None:
        """Take one event."""
        ...

    def close(self) -> None:
        """Finish and free everything. May be called twice, and after an exception."""
        ...


@runtime_checkable
class Recorder(Protocol):
    """What a sink that writes a recording offers besides :class:`Sink`."""

    on_event: Callable[[NoticeEvent | RecordingEvent | DiskEvent], None] | None
    """Set by the engine before ``open``. Every start and end is told as a :class:`RecordingEvent`, whatever the cause;
    a notice tells a person of it, of a disk that fills up, of a failed write; a :class:`DiskEvent` how much is left."""

    @property
    def path(self) -> Path | None:
        """The file being written, None while not recording."""
        ...

    def start(self, folder: str = "", labels: Labels = NO_LABELS) -> Path:
        """Begin a new file; an empty folder and empty labels mean those in the settings.

        Raises
        ------
        RecordingError
            If the file cannot be created.
        """
        ...

    def stop(self) -> None:
        """Finish the file; harmless while not recording."""
        ...
