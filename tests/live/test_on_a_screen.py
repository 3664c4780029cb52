"""Windows on an X display that other processes can look at, without a monitor (Xvfb)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
XVFB = shutil.which("xvfb-run")

pytestmark = pytest.mark.skipif(XVFB is None, reason="xvfb-run is not installed (apt install xvfb)")


def on_a_screen(*command: str, scale: str = "1") -> str:
    """Run a program of ours on a display of its own, and return what it said."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "xcb", "QT_SCALE_FACTOR": scale}
    server = [str(XVFB), "-a", "-s", "-screen 0 1280x800x24"]
    done = subprocess.run(
        [*server, sys.executable, *command], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    if "Could not load the Qt platform plugin" in done.stderr:
        pytest.skip("Qt's xcb plug-in lacks a library of the system (libxcb-cursor0)")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_flickers_on_the_screen_has_the_frequency_that_was_asked_for(tmp_path: Path) -> None:
    result = tmp_path / "frames.json"
    command = ("--hz", "10", "12", "--seconds", "2.5", "--kind", "opengl", "--json", str(result))
    on_a_screen("benchmarks/stimulus_frames.py", *command)
    (run,) = json.loads(result.read_text())["runs"]
    assert run["worst_error_hz"] < 0.4, "2.5 s tell no finer"
    # Xvfb refreshes nothing: swaps that do not wait must be found out, and said.
    assert run["shown_by"] == "TimerScreen"
    assert "NOT frame-locked" in run["says"]


def test_the_whole_window_comes_up_with_two_pixels_for_each() -> None:
    assert "whole after" in on_a_screen("-m", "ui.app", "--first-frame", scale="2")
