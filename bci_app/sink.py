"""The :class:`Sink` protocol: where events go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, runtime_checkable

from bci_app.events import Event, NoticeEvent, Session


class Sink(Protocol):
    """Recorder, LSL outlet, console, the pipe to the window: all equal, all called on the engine's thread.

    A chunk's arrays may be reused after ``accept`` returns: copy what is kept. A sink that raises is reported by a
    notice and closed; the engine and the other sinks go on.
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

    on_notice: Callable[[NoticeEvent], None] | None
    """Set by the engine before ``open``: how the recorder tells of a start, an end, a full disk, a failed write."""

    @property
    def path(self) -> Path | None:
        """The file being written, None while not recording."""
        ...

    def start(self, folder: str = "") -> Path:
        """Begin a new file; an empty folder means the one in the settings.

        Raises
        ------
        RecordingError
            If the file cannot be created.
        """
        ...

    def stop(self) -> None:
        """Finish the file; harmless while not recording."""
        ...
