"""Make pictures of the window, off-screen: the demonstration, and the replay of a recording.

    python scripts/screenshots.py --out DIR [--seconds 40] [--replay FILE [--decoder alpha] [--start 0]]

``demo.png`` shows the simulated participant being decoded, ``replay.png`` a recording; both run in real time.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication

from bci_app.config import SessionSettings, demo_session
from ui import theme
from ui.engine_client import EngineClient
from ui.main_window import MainWindow
from ui.session_files import DECODERS, open_file


def take(settings: SessionSettings, seconds: float, file: Path, size: tuple[int, int]) -> None:
    """Run a session for some seconds of signal and save what the window shows."""
    window = MainWindow(EngineClient())
    window.resize(*size)
    window.show()
    QCursor.setPos(window.mapToGlobal(window.panels["traces"].geometry().center()))  # no button under the pointer
    loop = QEventLoop()
    first_chunk = QTimer(singleShot=True, interval=round(1e3 * seconds))
    first_chunk.timeout.connect(loop.quit)
    window.client.session.connect(lambda _: first_chunk.start())
    window.client.running.connect(lambda running: None if running else QTimer.singleShot(200, loop.quit))
    window.run(settings)
    window.go_to("signal")
    loop.exec()
    if not window.grab().save(str(file)):
        raise SystemExit(f"{file}: could not be written")
    window.close()
    window.deleteLater()
    print(file)


def main() -> None:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the pictures")
    parser.add_argument("--seconds", type=float, default=40.0, help="seconds of signal before each picture")
    parser.add_argument("--replay", type=Path, help="recording to replay as well")
    parser.add_argument("--decoder", default=DECODERS[0], help=f"decoder of the replay: {', '.join(DECODERS)}")
    parser.add_argument("--start", type=float, default=0.0, help="where the replay begins (s)")
    parser.add_argument("--size", type=int, nargs=2, default=(1600, 900), metavar=("WIDTH", "HEIGHT"))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    theme.apply(QApplication([]))
    size = (arguments.size[0], arguments.size[1])
    with tempfile.TemporaryDirectory() as folder:
        take(demo_session(folder=folder), arguments.seconds, arguments.out / "demo.png", size)
        if arguments.replay is not None:
            settings = open_file(arguments.replay, arguments.decoder)
            settings = settings.model_copy(update={"source": {**settings.source, "start_s": arguments.start}})
            take(settings, arguments.seconds, arguments.out / "replay.png", size)


if __name__ == "__main__":
    main()
