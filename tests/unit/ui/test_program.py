"""The window as a program: started from the terminal, ended by time, by signals, by a closed window."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import pyxdf
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from ui import app
from ui.main_window import MainWindow


def test_the_program_opens_a_session_and_ends_with_its_window(tmp_path: Path, qapp: QApplication) -> None:
    session_file = tmp_path / "lab.toml"
    session_file.write_text('stages = []\n[source]\nkind = "synthetic"\n[decoder]\nname = "alpha"\n')

    def close() -> None:
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, MainWindow):
                widget.close()

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    QTimer.singleShot(1500, close)
    assert app.main([str(session_file)]) == 0
    assert {number: signal.getsignal(number) for number in before} == before


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start a module of ours as a person does where there is a display."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0", "COLUMNS": "200"}
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def run_demo(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return start("bci_app", "demo", "--folder", str(folder), *arguments)


@pytest.mark.slow
def test_the_demonstration_ends_in_time_and_sums_up_what_it_came_to(tmp_path: Path) -> None:
    with run_demo(tmp_path, "--seconds", "26") as program:
        try:
            output, _ = program.communicate(timeout=120)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
    assert program.returncode == 0
    (recording,) = tmp_path.glob("demo_*.xdf")
    rows = {cells[1].strip(): cells[2].strip() for line in output.splitlines() if len(cells := line.split("│")) > 3}
    assert rows["signal"] == "26.0 s, 0 samples lost"
    assert rows["decisions"].startswith("12 (")
    assert "p50" in rows["latency"]
    assert "windows judged" in rows["agreement"]
    assert rows["recording"] == str(recording)


def closed_by(program: subprocess.Popen[str], folder: Path, close: Callable[[], None]) -> str:
    """Close the program once it records, and return what it printed; nothing of it may live on."""
    with program:
        try:
            give_up = time.monotonic() + 60
            while not list(folder.glob("*.xdf")) and time.monotonic() < give_up:
                time.sleep(0.1)
            close()
            output, _ = program.communicate(timeout=60)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
    assert program.returncode == 0
    (recording,) = folder.glob("*.xdf")
    assert str(recording) in output
    streams, _ = pyxdf.load_xdf(str(recording))
    assert all("sample_count" in stream["footer"]["info"] for stream in streams)
    return output


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is another thing there")
def test_ctrl_c_ends_the_demonstration_with_its_recording_and_summary(tmp_path: Path) -> None:
    program = run_demo(tmp_path)
    closed_by(program, tmp_path, lambda: os.killpg(program.pid, signal.SIGINT))


@pytest.mark.skipif(os.name == "nt", reason="nothing can be told to a process there")
def test_a_terminated_demonstration_takes_its_window_along(tmp_path: Path) -> None:
    program = run_demo(tmp_path)
    closed_by(program, tmp_path, program.terminate)


@pytest.mark.skipif(os.name == "nt", reason="nothing can be told to a process there")
def test_a_signal_closes_the_window_and_its_engine(tmp_path: Path) -> None:
    file = tmp_path / "lab.toml"
    sink = f'sinks = [{{kind = "xdf_recorder", folder = "{tmp_path}"}}]'
    file.write_text(f'decoder = {{name = "alpha"}}\n{sink}\n[source]\nkind = "synthetic"\n')
    program = start("ui.app", str(file))
    assert "synthetic-workload-0" in closed_by(program, tmp_path, program.terminate)


def test_the_window_s_process_loads_no_decoder() -> None:
    code = (
        "import sys, ui.app; from bci_app.config import demo_session; demo_session();"
        "print([m for m in ('torch', 'sklearn', 'pyriemann', 'models.decoders') if m in sys.modules])"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    answer = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
