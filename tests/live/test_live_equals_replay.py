"""A live session, its recording, and the replay of that recording: the same decisions, bit for bit."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import pyxdf

from bci_app.assembly import build
from bci_app.config import validate
from bci_app.replay_settings import replay_settings
from bci_app.sessions import run_replay, stop_on_signals
from bci_app.summary import Summary

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "faults",
    [
        {},
        {"drop": [9.0, 1.3]},
        {"nan_burst": [9.0, 0.4]},
        {"flat_channels": ["C3"], "flat_from_s": 8.0},
        {"channels": ["TP9", "AF7", "AF8", "TP10"]},
    ],
    ids=["clean", "gap", "nan", "flat", "four electrodes"],
)
def test_replay_of_the_recording_equals_the_live_run(tmp_path: Path, faults: dict[str, object]) -> None:
    values = {
        "name": "live",
        "source": {"kind": "synthetic", "speed": "max", "chunk_samples": 11, "first_rest_s": 10, **faults},
        "decoder": {"name": "workload", "calibration": {"rest_s": 8}},
        "smoothing": {"mode": "exponential"},
        "sinks": [{"kind": "xdf_recorder", "folder": str(tmp_path)}],
        "duration_s": 18.0,
    }
    live = Summary()
    with stop_on_signals() as stop:
        build(validate(values, "live"), [live]).run(stop)
    (file,) = tmp_path.rglob("*.xdf")
    assert live.n_windows > 10
    for chunk in (1, 7, 1000):
        settings = replay_settings(file, source={"speed": "max", "chunk_samples": chunk})
        result = run_replay(settings, file).as_dict()
        assert result["n_windows"] == live.n_windows
        assert result["decisions_sha256"] == live.decisions_sha256


def cli(*arguments: str, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bci_app", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload,no-any-return]


def finish(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return output


def test_the_demo_in_the_terminal_and_its_replay(tmp_path: Path) -> None:
    output = finish(cli("demo", "--headless", "--seconds", "27", "--folder", str(tmp_path)))
    live_hash = re.search(r"[0-9a-f]{64}", output)
    assert live_hash, output
    assert "agreement" in output
    (file,) = tmp_path.rglob("*.xdf")
    result = json.loads(finish(cli("replay", str(file), "--json")))
    assert result["decisions_sha256"] == live_hash[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_session_with_a_readable_recording(tmp_path: Path, number: signal.Signals) -> None:
    process = cli("demo", "--headless", "--folder", str(tmp_path))
    deadline = time.monotonic() + 60
    while not list(tmp_path.rglob("*.xdf")) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(2.0)
    process.send_signal(number)
    finish(process)
    (file,) = tmp_path.rglob("*.xdf")
    streams, _ = pyxdf.load_xdf(str(file))
    assert max(len(s["time_stamps"]) for s in streams) > 250
    assert all("footer" in s for s in streams)


def test_a_killed_session_loses_at_most_a_second(tmp_path: Path) -> None:
    process = cli("demo", "--headless", "--folder", str(tmp_path))
    deadline = time.monotonic() + 60
    while not list(tmp_path.rglob("*.xdf")) and time.monotonic() < deadline:
        time.sleep(0.1)
    started = time.monotonic()
    time.sleep(4.0)
    os.kill(process.pid, signal.SIGKILL)
    lived_s = time.monotonic() - started
    process.communicate()
    (file,) = tmp_path.rglob("*.xdf")
    streams, _ = pyxdf.load_xdf(str(file))
    samples = max(len(s["time_stamps"]) for s in streams)
    assert samples / 250.0 > lived_s - 1.0
