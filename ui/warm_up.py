"""Slow imports behind the first frame: a thread does them while the window can be seen and used already.

What needs them waits with :func:`then`. Where nothing was begun (tests, scripts) nothing is waited for.
"""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Callable
from functools import cache

from PySide6.QtCore import QObject, Signal

log = logging.getLogger(__name__)

MODULES = (
    "scipy.signal",
    "pipelines.stage",
    "pipelines.kernels.raster",
    "pipelines.montage",
    "devices.sources.synthetic",
    "devices.sources.lsl_stream",
    "devices.sources.recording",
    "devices.sources.brainflow_board",
)
REHEARSAL = "ui.rehearsal"
"""Has the function ``rehearse``; nobody waits for it, but the end of the program."""


class WarmUp(QObject):
    """One thread, once."""

    _imported = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.is_under_way = False
        self._waiting: list[Callable[[], None]] = []
        self._thread: threading.Thread | None = None
        self._imported.connect(self._finish)  # queued: the thread's signal is delivered by the Qt thread

    def begin(self) -> None:
        """Begin to import."""
        self.is_under_way = True
        self._thread = threading.Thread(target=self._run, name="warm-up", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Wait for the thread: compiled code must not be loaded while the interpreter ends."""
        if self._thread is not None:
            self._thread.join()

    def then(self, action: Callable[[], None]) -> None:
        """Do something as soon as the imports are done; now, if they are, or never were begun."""
        if self.is_under_way:
            self._waiting.append(action)
        else:
            action()

    def _run(self) -> None:
        for name in MODULES:
            try:
                module = importlib.import_module(name)
                if name == "pipelines.montage":
                    module.positions(["Cz"])  # reads the table of electrodes
            except ImportError as exc:  # who needs it says so in plain words
                log.info("%s: %s", name, exc)
        self._imported.emit()
        importlib.import_module(REHEARSAL).rehearse()

    def _finish(self) -> None:
        self.is_under_way = False
        waiting, self._waiting = self._waiting, []
        for action in waiting:
            action()


@cache
def _instance() -> WarmUp:
    return WarmUp()


def begin() -> None:
    """Begin the imports of this process."""
    _instance().begin()


def end() -> None:
    """Wait for what was begun, before the program ends."""
    _instance().end()


def is_under_way() -> bool:
    """Whether imports are being done now."""
    return _instance().is_under_way


def then(action: Callable[[], None]) -> None:
    """Do something once they are done."""
    _instance().then(action)
