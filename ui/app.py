"""The window as a program: ``bci-gui [SESSION.toml | RECORDING] [--demo] [--seconds N]``."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from bci_app.logging_setup import configure_logging
from ui import theme
from ui.engine_client import EngineClient
from ui.main_window import MainWindow


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window and run until it is closed; return the exit code."""
    parser = argparse.ArgumentParser(prog="bci-gui", description="Window of the real-time brain-computer interface.")
    parser.add_argument("file", nargs="?", help="session file (TOML) or recording")
    parser.add_argument("--demo", action="store_true", help="start the simulated participant")
    parser.add_argument("--seconds", type=float, help="length of the demonstration (s)")
    arguments = parser.parse_args(argv)
    configure_logging()
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    theme.apply(app)
    window = MainWindow(EngineClient())
    window.show()
    if arguments.demo:
        window.run_demo(arguments.seconds)
    elif arguments.file:
        window.open_path(arguments.file)
    with _closing_on_signals(window):
        code = app.exec()
    window.deleteLater()
    return code


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
