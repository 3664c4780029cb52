"""The benchmarks run and print what they promise. What they measure is nobody's promise here: no time is asserted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = ("03", "05", "06", "15", "19", "25")
"""Of EEGMAT: few, whose states are told apart by any decoder."""


def results(tmp_path: Path, script: str, *arguments: str, timeout_s: float = 150) -> dict[str, Any]:
    target = tmp_path / "results.json"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", f"benchmarks/{script}.py", *arguments, "--json", str(target)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(target.read_text(encoding="utf-8"))


def test_filter_throughput_is_checked_against_scipy(tmp_path: Path) -> None:
    pytest.importorskip("ezmsg.sigproc")
    found = results(tmp_path, "filter_throughput", "--sizes", "3x5", "20x7", "--rounds", "1")
    assert set(found) == {"3x5", "20x7"}
    for one in found.values():
        assert set(one["median_us"]) == {"bci_app", "SciPy sosfilt + state", "ezmsg-sigproc", "BrainFlow (stateless)"}
        assert 0 < one["relative_error"] < 1e-6


@pytest.mark.slow
def test_latency_is_given_for_the_signal_and_the_decision(tmp_path: Path) -> None:
    receivers = ("bci_app", "bare pylsl + SciPy")
    found = results(
        tmp_path, "lsl_latency", "--sizes", "4x250", "--seconds", "2", "--rounds", "1", "--receivers", *receivers
    )["4x250"]
    assert set(found) == set(receivers)
    for one in found.values():
        assert one["samples_share"] > 0
        assert one["decisions"] > 0
        for kind in ("filtered_ms", "decided_ms"):
            values = [one[kind][name] for name in ("p50", "p99", "p99.9", "max")]
            assert values == sorted(values)
            assert values[0] > 0
    assert {"read", "pipeline", "decode", "sinks", "latency"} == set(found["bci_app"]["loop_timing_ms"])


@pytest.mark.slow
def test_a_killed_recorder_leaves_every_sample_but_the_last(tmp_path: Path) -> None:
    found = results(
        tmp_path, "xdf_recording", "--sizes", "8x250", "--seconds", "1", "--rounds", "1", "--recorders", "bci_app"
    )["8x250"]["bci_app"]
    assert found["samples"] > 250
    assert found["lost_inside"] == 0
    assert found["cpu_percent"] >= 0


@pytest.mark.slow
@pytest.mark.skipif(not (find_spec("moabb") and find_spec("braindecode")), reason="needs the extra 'bench'")
def test_throughput_is_given_beside_the_peers(tmp_path: Path) -> None:
    found = results(tmp_path, "bench_throughput", "--people", "3", "--seconds", "20", "--rounds", "1")
    assert found["n_windows"] == 3 * 2 * 4
    assert {kind: set(sides) for kind, sides in found["windows_per_s"].items()} == {
        "prepared": {"ours, cold", "ours, warm", "MOABB"},
        "EEGNet, one epoch": {"ours", "braindecode"},
        "CSP + LDA, files to scores": {"ours", "MOABB"},
    }
    for kind, sides in found["ratio"].items():
        assert all(ratio > 0 for ratio in sides.values())
        assert 1.0 in sides.values(), kind


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_trust_is_measured_on_people_left_out_and_drawn(tmp_path: Path, shared_data: Path) -> None:
    folder, pictures = tmp_path / "eegmat", tmp_path / "pictures"
    folder.mkdir()
    for name in (f"Subject{subject}_{part}.edf" for subject in PEOPLE for part in (1, 2)):
        (folder / name).symlink_to(shared_data / "eegmat" / name)
    arguments = (str(folder), "--replay", "03", "--pictures", str(pictures))
    found = results(tmp_path, "workload_trust", *arguments, timeout_s=500)
    assert set(found["scores"]["by_subject"]) == set(PEOPLE)
    assert found["replay"]["03"]["n_decisions"] > 300
    assert found["replay"]["03"]["balanced_accuracy"] > 0.8
    assert found["strange_signals"]["EEGMAT × 10"]["flagged"] == 1
    assert {row["electrodes"] for row in found["fewer_electrodes"]} >= {"cyton_16", "cyton_8"}
    assert {path.name for path in pictures.iterdir()} == {
        "reliability.png", "risk-coverage.png", "sets.png", "replay.png"
    }  # fmt: skip


@pytest.mark.slow
def test_the_window_is_measured_while_a_session_is_decoded(tmp_path: Path) -> None:
    found = results(tmp_path, "window_load", "--channels", "8", "--seconds", "3", "--cases", "traces")["8"]["traces"]
    assert found["fps"] > 0
    assert found["decisions_per_s"] > 0
    assert 0 < found["own_work_ms"]["p99"] <= found["own_work_ms"]["worst"]
    assert found["late_ms"]["p50"] <= found["late_ms"]["worst"]
