"""A recording of ours that was cut anywhere still opens."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bci_app.assembly import build
from bci_app.config import validate
from devices.sources.recording import open_recording


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    settings = {
        "source": {"kind": "synthetic", "speed": "max", "chunk_samples": 25},
        "decoder": None,
        "sinks": [{"kind": "xdf_recorder", "folder": str(folder)}],
        "duration_s": 6.0,
    }
    build(validate(settings, "cut")).run(threading.Event())
    (file,) = folder.rglob("*.xdf")
    return file


def test_a_whole_recording_keeps_its_reference(recorded: Path) -> None:
    recording = open_recording(recorded)
    assert len(recording.samples) == 1500
    assert recording.spec.reference == "linked ears"


def test_every_cut_in_the_last_bytes_opens(recorded: Path, tmp_path: Path) -> None:
    data = recorded.read_bytes()
    cut = tmp_path / "cut.xdf"
    fewest = 1500
    for end in range(len(data) - 6000, len(data), 41):
        cut.write_bytes(data[:end])
        fewest = min(fewest, len(open_recording(cut).samples))
    assert 1000 < fewest <= 1500
