"""How long a person waits for the window: from the start of the process to the first frame, and until it is whole."""

from __future__ import annotations

import time

import psutil
from PySide6.QtCore import QEvent, QObject, QTimer

from ui import warm_up
from ui.main_window import MainWindow


class FirstFrame(QObject):
    """Prints both times, and the longest pause of the Qt thread between them, and closes the window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._painted = False
        self._looked_s = self._worst_s = 0.0
        self._timer = QTimer(self, interval=5)
        self._timer.timeout.connect(self._look)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """See the window's first repaint; what it holds is painted in the same pass."""
        if event.type() is QEvent.Type.Paint and not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self._say_first)
        return False

    def _say_first(self) -> None:
        cpu_s = time.process_time()
        print(f"first frame after {_age_s():.2f} s ({cpu_s:.2f} s of processor)", flush=True)  # noqa: T201 - asked for
        self._looked_s = time.perf_counter()
        self._timer.start()
        warm_up.then(lambda: QTimer.singleShot(0, self, self._wait_for_panels))

    def _wait_for_panels(self) -> None:
        if not self._window.is_whole:
            QTimer.singleShot(5, self, self._wait_for_panels)
            return
        self._look()
        print(f"whole after {_age_s():.2f} s, longest pause {1e3 * self._worst_s:.0f} ms")  # noqa: T201
        self._window.close()

    def _look(self) -> None:
        now = time.perf_counter()
        self._worst_s = max(self._worst_s, now - self._looked_s)
        self._looked_s = now


def _age_s() -> float:
    return time.time() - float(psutil.Process().create_time())
