"""The draft of the session: what the window would run, changed by the steps, every change undoable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from bci_app.config import SessionSettings, validate
from pipelines.errors import ConfigError

NOTHING = "choose a source first: a board, a stream, a recording or the simulated participant"


class Draft(QObject):
    """Values of a session file, complete or not yet; the tables are those of :class:`SessionSettings`."""

    changed = Signal()
    """A value is another now, by a choice, an undo or a redo."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.values: Mapping[str, Any] = {}
        self.undo_stack = QUndoStack(self)

    @property
    def is_ready(self) -> bool:
        """Whether there is something to run."""
        return bool(self.values.get("source"))

    def choose(self, text: str, **values: Any) -> None:
        """Change top-level tables of the session; None takes a table out. ``text`` names the change for undoing."""
        after = {key: value for key, value in {**self.values, **values}.items() if value is not None}
        if "decoder" in values:
            after["decoder"] = values["decoder"]  # a session without decoder says so
        self._push(text, after)

    def replace(self, text: str, settings: SessionSettings) -> None:
        """Take a whole session as the draft."""
        self._push(text, settings.model_dump(mode="json"))

    def settings(self) -> SessionSettings:
        """Return the session, checked.

        Raises
        ------
        ConfigError
            If something is missing or wrong.
        """
        if not self.is_ready:
            raise ConfigError(NOTHING)
        return validate(self.values, "the session")

    def _push(self, text: str, after: Mapping[str, Any]) -> None:
        if after != self.values:
            self.undo_stack.push(_Change(self, text, after))

    def put(self, values: Mapping[str, Any]) -> None:
        """Hold these values; for the undo stack."""
        self.values = values
        self.changed.emit()


class _Change(QUndoCommand):
    """From one set of values to another."""

    def __init__(self, draft: Draft, text: str, after: Mapping[str, Any]) -> None:
        super().__init__(text)
        self._draft, self._before, self._after = draft, draft.values, after

    def redo(self) -> None:
        """Make the change."""
        self._draft.put(self._after)

    def undo(self) -> None:
        """Take it back."""
        self._draft.put(self._before)
