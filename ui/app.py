"""The window as a program: ``bci-gui [SESSION.toml | RECORDING | --demo [--seconds N] [--folder DIR]]``.

What each session came to is printed when it ends, as by the verbs that need no window.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication
from rich.console import Console

from bci_app.events import Event
from bci_app.logging_setup import configure_logging
from bci_app.summary import Summary
from ui import preferences, warm_up
from ui.appearance import Appearance
from ui.engine_client import EngineClient
from ui.first_frame import FirstFrame
from ui.main_window import MainWindow


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window and run until it is closed; return the exit code."""
    parser = argparse.ArgumentParser(prog="bci-gui", description="Window of the real-time brain-computer interface.")
    parser.add_argument("file", nargs="?", help="session file (TOML) or recording")
    parser.add_argument("--demo", action="store_true", help="start the simulated participant")
    parser.add_argument("--seconds", type=float, help="end the demonstration and the window after so long (s)")
    parser.add_argument("--folder", default="recordings", help="where the demonstration's recording goes")
    parser.add_argument("--first-frame", action="store_true", help="say how long the first frame took, and end")
    arguments = parser.parse_args(argv)
    configure_logging()
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    Appearance(preferences.of_user()).apply()
    client = EngineClient()
    _Summaries(client)
    warm_up.begin()
    window = MainWindow(client)
    if arguments.first_frame:
        FirstFrame(window)
    window.show()
    with _closing_on_signals(window):
        if arguments.demo:
            if arguments.seconds is not None:
                client.completed.connect(window.close)
            window.run_demo(arguments.seconds, arguments.folder)
        elif arguments.file:
            window.open_path(arguments.file)
        code = app.exec()
    warm_up.end()
    window.deleteLater()
    return code


class _Summaries(QObject):
    """Prints what each session came to when it ends."""

    def __init__(self, client: EngineClient) -> None:
        super().__init__(client)
        self._summary = Summary()
        client.any_event.connect(self._take)
        client.running.connect(self._follow)

    def _take(self, event: Event) -> None:
        self._summary.accept(event)

    def _follow(self, running: bool) -> None:
        if running:
            self._summary = Summary()
        elif self._summary.session is not None:
            Console().print(self._summary.table())


class _closing_on_signals:  # noqa: N801 - used like a function
    """Ctrl-C and SIGTERM close the window, and with it the engine and its recording."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._timer = QTimer(interval=200)

    def __enter__(self) -> None:
        self._before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        for number in self._before:
            signal.signal(number, lambda *_: self._window.close())
        # Python runs its signal handlers only when Qt hands over to it now and then.
        self._timer.timeout.connect(lambda: None)
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.stop()
        for number, handler in self._before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    raise SystemExit(main())
