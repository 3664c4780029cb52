"""The daemon as a laboratory runs it: three processes, real liblsl, mne-lsl as the independent peer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pylsl
import pytest
import pyxdf

ROOT = Path(__file__).resolve().parents[2]
PLAYER = Path(__file__).with_name("mne_lsl_player.py")


@pytest.fixture
def played(shared_data: Path) -> Iterator[str]:
    """Name of a stream on which subject 05 rests."""
    name = f"eegmat-{uuid.uuid4().hex[:8]}"
    command = [sys.executable, str(PLAYER), str(shared_data / "eegmat" / "Subject05_1.edf"), name, name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as player:
        assert player.stdout is not None
        assert player.stdout.readline().strip() == "playing"
        yield name
        player.kill()


def pull(
    kind: str, session: str, wanted: int, patience_s: float = 60.0
) -> tuple[pylsl.StreamInlet, list[list[object]]]:
    found: list[pylsl.StreamInfo] = []
    stop = time.monotonic() + patience_s
    while not found and time.monotonic() < stop:
        found = list(pylsl.resolve_byprop("name", f"{session}-{kind}", 1, 1.0))
    assert found, f"no stream {session}-{kind}"
    inlet = pylsl.StreamInlet(found[0])
    rows: list[list[object]] = []
    while len(rows) < wanted and time.monotonic() < stop:
        sample, _ = inlet.pull_sample(timeout=1.0)
        if sample is not None:
            rows.append(sample)
    return inlet, rows


@pytest.mark.shared
@pytest.mark.slow
def test_the_daemon_decodes_a_played_recording(played: str, tmp_path: Path) -> None:
    prefix = f"bci{uuid.uuid4().hex[:6]}"
    session = tmp_path / "session.toml"
    session.write_text(
        f"""
        name = "daemon"
        [source]
        kind = "lsl_stream"
        name = "{played}"
        [decoder]
        name = "workload"
        [decoder.calibration]
        rest_s = 15
        [[sinks]]
        kind = "xdf_recorder"
        folder = "{tmp_path}"
        [[sinks]]
        kind = "lsl_outlet"
        prefix = "{prefix}"
        """,
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "bci_app", "daemon", str(session)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as daemon:
        try:
            inlet, rows = pull("decisions", prefix, wanted=6)
            info = inlet.info(5.0)
            assert info.channel_count() == 2
            probabilities = np.array(rows, dtype=float)
            assert probabilities.shape == (6, 2)
            np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-6)
            daemon.send_signal(signal.SIGTERM)
            output, _ = daemon.communicate(timeout=30)
        finally:
            daemon.kill()
    assert daemon.returncode == 0, output
    (recording,) = tmp_path.rglob("*.xdf")
    streams, _ = pyxdf.load_xdf(str(recording))
    sizes = {s["info"]["name"][0]: len(s["time_stamps"]) for s in streams}
    assert sizes[played] > 200 * 15
    assert sizes["bci_app-decisions"] >= 6
    assert os.path.getsize(recording) > 200 * 15 * 20 * 4
