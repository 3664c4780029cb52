"""Comma-separated recordings: Muse tools with a header, BrainFlow's without."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from devices.readers import csv_tables
from devices.recording_data import ReadOptions
from pipelines.errors import RecordingError


def brainflow_file(path: Path, *, lost: int = 0) -> np.ndarray:
    """Write 200 rows at 250 Hz as BrainFlow does: tabs, no header; counter, three channels, time, marker."""
    stamps = 1.7e9 + np.arange(200) / 250
    stamps[100:] += lost / 250
    marker = np.zeros(200)
    marker[50] = 3
    rows = np.column_stack([np.arange(200) % 256, np.random.default_rng(0).normal(0, 20, (200, 3)), stamps, marker])
    path.write_text("".join("\t".join(f"{v:.6f}" for v in row) + "\n" for row in rows), encoding="utf-8")
    return rows


OPTIONS = ReadOptions(columns={"Fp1": 1, "Cz": 3}, time_column=4, marker_column=5)


def test_a_brainflow_file_plays_once_its_columns_are_stated(tmp_path: Path) -> None:
    rows = brainflow_file(tmp_path / "b.csv", lost=100)
    recording = csv_tables.read(tmp_path / "b.csv", OPTIONS)
    assert recording.spec.names == ("Fp1", "Cz")
    assert recording.spec.rate_hz == 250.0
    assert dict(recording.losses) == {100: 100}
    np.testing.assert_allclose(recording.samples[:], rows[:, [1, 3]], atol=1e-4)
    assert [(m.label, m.time_s) for m in recording.markers] == [("3", 0.2)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (ReadOptions(), "state columns"),
        (ReadOptions(columns={"Fp1": 9}, time_column=4), "no column 9"),
        (ReadOptions(columns={"Fp1": 1}), "time_column or rate_hz"),
        (ReadOptions(columns={"Fp1": 1}, time_column=1), "no usual rate"),
    ],
)
def test_what_is_not_stated_is_asked_for(tmp_path: Path, options: ReadOptions, words: str) -> None:
    brainflow_file(tmp_path / "b.csv")
    with pytest.raises(RecordingError, match=words):
        csv_tables.read(tmp_path / "b.csv", options)


def test_a_last_line_cut_short_is_left_out_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    brainflow_file(path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text[:-20], encoding="utf-8")
    assert len(csv_tables.read(path, OPTIONS).samples) == 199
    lines = text.splitlines()
    lines[9] = lines[9].replace(".", "x", 1)
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(RecordingError, match="line 10 is not 6 numbers"):
        csv_tables.read(path, OPTIONS)
