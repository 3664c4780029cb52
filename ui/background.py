"""Work that must not stop the window: verbs of the command line in a process of their own, and reading on a thread."""

from __future__ import annotations

import queue
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
        process = subprocess.Popen(
            [sys.executable, "-m", "bci_app", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self._ended: queue.SimpleQueue[tuple[bool, str]] = queue.SimpleQueue()
        # The thread holds the process, not this object: it reads to the end also when the window has gone.
        threading.Thread(target=_wait, args=(process, self._ended), name="verb", daemon=True).start()
        self._timer = QTimer(self, interval=LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        try:
            good, text = self._ended.get_nowait()
        except queue.Empty:
            return
        self._timer.stop()
        self.finished.emit(good, text)
        self.deleteLater()


def _wait(process: subprocess.Popen[str], ended: queue.SimpleQueue[tuple[bool, str]]) -> None:
    said, complained = process.communicate()
    good = process.returncode == 0
    ended.put((good, (said if good else complained or f"exit code {process.returncode}").strip()))


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
