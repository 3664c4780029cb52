"""Faults of a BrainFlow board and of the window."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil

from scripts.fault_cases.processes import BANDPASS, Daemon, ending, environment, session_text, within
from scripts.fault_cases.result import Result, judge
from scripts.fault_cases.trials import decoding, finish

STREAM_TO = ("225.1.1.1", 6677)
BOARD = """
import sys, time
from brainflow.board_shim import BoardShim, BrainFlowInputParams
BoardShim.disable_board_logger()
board = BoardShim(-1, BrainFlowInputParams())
board.prepare_session()
board.start_stream(45000, sys.argv[1])
print("streaming", flush=True)
time.sleep(float(sys.argv[2]))
board.stop_stream()
board.release_session()
"""


def _board(folder: Path, streamer: str, seconds: float) -> subprocess.Popen[str]:
    """Run BrainFlow's synthetic board in a process of its own, and wait until it delivers."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", BOARD, streamer, str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(folder),
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def board_stops(folder: Path) -> Result:
    """Kill the process that forwards a board, and start it again."""
    address, port = STREAM_TO
    streamer = f"streaming_board://{address}:{port}"
    source = {"kind": "brainflow_board", "board": "STREAMING", "master_board": "SYNTHETIC", "ip_address": address}
    board = _board(folder, streamer, 600)
    try:
        with decoding(folder, {**source, "ip_port": port}, stages=BANDPASS) as daemon:
            at_s = time.monotonic()
            board.kill()
            board.communicate()
            time.sleep(8.0)
            board = _board(folder, streamer, 600)
            cured_s = time.monotonic()
            finish(daemon, cured_s)
            done = "kill -9 of the process that forwards the board (BrainFlow streaming board); started again after 8 s"
            return judge("board stops delivering", done, daemon, folder, at_s=at_s, cured_s=cured_s)
    finally:
        board.kill()
        board.communicate()


def playback_ends(folder: Path) -> Result:
    """Play a file of BrainFlow's to its end."""
    file = folder / "board.csv"
    _board(folder, f"file://{file}:w", 9.0).communicate()
    source = {"kind": "brainflow_board", "board": "PLAYBACK_FILE", "master_board": "SYNTHETIC", "file": str(file)}
    with decoding(folder, source, stages=BANDPASS) as daemon:
        stale = daemon.wait("state: stale", timeout_s=60.0)
        daemon.join(30.0)
        at_s = stale.time_s - 1.0 if stale else time.monotonic()
        done = "a BrainFlow playback file of 9 s comes to its end"
        return judge("playback ends", done, daemon, folder, at_s=at_s)


def window_killed(folder: Path) -> Result:
    """Kill the window; its engine is a process of its own."""
    session = folder / "session.toml"
    session.write_text(session_text({"kind": "synthetic"}, folder=folder / "recordings"), encoding="utf-8")
    window = Daemon(session, program=("ui.app",), QT_QPA_PLATFORM="offscreen")
    with ending(window):
        if not within(60.0, lambda: list((folder / "recordings").rglob("*.xdf"))):
            raise SystemExit("\n".join(["the window records nothing:", *(line.text for line in window.lines)]))
        time.sleep(3.0)
        engines = psutil.Process(window.process.pid).children(recursive=True)
        at_s = time.monotonic()
        window.process.kill()
        _, alive = psutil.wait_procs(engines, timeout=15.0)
        ended_s = time.monotonic() - at_s
        for process in alive:
            process.kill()
        window.end(9)
        end = f"{len(alive)} of its processes had to be killed" if alive else f"the engine ended after {ended_s:.1f} s"
        return judge("window killed", f"kill -9 of the window while recording; {end}", window, folder, at_s=at_s)


CASES = (board_stops, playback_ends, window_killed)
