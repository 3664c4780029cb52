"""Scouts of the Qt thread: an errand in a child process, its answers as signals, nothing awake when it is over."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from bci_app.scout import Scout

LOOK_MS = 100


class Scouting(QObject):
    """Sends one scout at a time; a new errand gives the old one up."""

    answered = Signal(object)
    """What the errand returned."""
    failed = Signal(str)
    """Why it could not, in plain words."""
    busy = Signal(bool)
    """Whether an answer is waited for."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._scout: Scout | None = None
        self._repeats = False
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)

    @property
    def is_busy(self) -> bool:
        """Whether a scout is out."""
        return self._scout is not None

    @property
    def will_end(self) -> bool:
        """Whether a scout is out that comes back by itself."""
        return self.is_busy and not self._repeats

    def send(self, errand: str, *arguments: Any, repeat: bool = False) -> None:
        """Send a scout to call ``module:function``; with ``repeat`` again and again until it is called back."""
        self.call_back()
        self._scout, self._repeats = Scout(errand, *arguments, repeat=repeat), repeat
        self._timer.start()
        self.busy.emit(True)

    def call_back(self) -> None:
        """Give the errand up; harmless where none is under way."""
        scout, self._scout = self._scout, None
        self._timer.stop()
        if scout is not None:
            scout.close()
            self.busy.emit(False)

    def _look(self) -> None:
        scout = self._scout
        if scout is None:
            return
        alive = scout.is_alive()  # asked first, so that the last words of a dead child are still read
        for answer in scout.poll():
            if answer.error:
                self.failed.emit(answer.error)
            else:
                self.answered.emit(answer.value)
        if not alive and self._scout is scout:
            self.call_back()
