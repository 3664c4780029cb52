"""The :class:`Sink` protocol: where events go."""

from __future__ import annotations

from typing import Protocol

from bci_app.events import Event, Session


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
