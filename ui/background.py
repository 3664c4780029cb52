"""Work that must not stop the window: verbs of the command line in a process of their own, and reading on a thread."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from pipelines.errors import BciError

LOOK_EVERY_MS = 100


class Verb(QObject):
    """Runs one ``bci-app`` verb. It goes on to its end even where the window is closed meanwhile."""

    finished = Signal(bool, str)
    """Emitted with whether it went well, and what it said."""

    def __init__(self, arguments: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bci_app", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self._timer = QTimer(self, interval=LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        if self._process.poll() is None:
            return
        self._timer.stop()
        said, complained = self._process.communicate()
        good = self._process.returncode == 0
        text = said if good else complained or f"exit code {self._process.returncode}"
        self.finished.emit(good, text.strip())
        self.deleteLater()


class Later(QObject):
    """Calls a function on a thread and hands its result to the window's thread."""

    done = Signal(object)
    """Emitted with what the function returned."""
    failed = Signal(str)
    """Emitted with the words of an error of ours."""

    def __init__(self, call: Callable[[], Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._call = call

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="later", daemon=True).start()

    def _run(self) -> None:
        try:
            result = self._call()
        except BciError as exc:
            self.failed.emit(str(exc))
        else:
            self.done.emit(result)
