"""Muse P300 and N170: the shared recordings, and what the CSV reader refuses."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from models.dataset import Key
from models.datasets.muse_n170 import LEFT_OUT, MuseN170
from models.datasets.muse_p300 import MuseP300
from pipelines.errors import RecordingError
from tests.contract.dataset_folders import muse_n170 as n170
from tests.contract.dataset_folders.muse_files import write_csv


def test_unusable_and_doubled_recordings_are_left_out_for_a_declared_reason(tmp_path: Path) -> None:
    n170.make(tmp_path)
    stems = {path.name for path in tmp_path.rglob("*.csv")}
    read = {MuseN170(tmp_path).files(key)[0].name for key in MuseN170(tmp_path).keys()}
    assert stems - read == {"recording_2018-05-31-16.03.39.csv.csv"}
    assert len(list(tmp_path.rglob("*.csv"))) == len(MuseN170(tmp_path).keys()) + 2
    cautions = " ".join(MuseN170(tmp_path).about.cautions)
    assert all(name in cautions for name in LEFT_OUT)


def test_flat_copies_are_read_under_their_published_keys(tmp_path: Path) -> None:
    for name in ("data_2018-04-15-21.18.48.csv.gz", "recording_2018-05-31-16.03.39.csv.csv.gz", "something.csv"):
        write_csv(tmp_path / name, [1, 2], "Marker0", 0.0)
    assert MuseN170(tmp_path).keys() == [Key("subject2", "1", "01")]


def test_lost_rows_are_told(tmp_path: Path) -> None:
    path = tmp_path / "subject1" / "session1" / "data_1.csv"
    write_csv(path, [1, 2], "Marker", 1486223115.0)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:500] + lines[900:]))
    with pytest.raises(RecordingError, match=r"data_1\.csv: 2160 rows are not 10\.0 s at 256 Hz"):
        MuseP300(tmp_path).read(Key("subject1", "1", "01"))


def test_file_without_markers_is_told(tmp_path: Path) -> None:
    write_csv(tmp_path / "subject1" / "session1" / "data_1.csv", [1], "Note", 0.0)
    with pytest.raises(RecordingError, match="no column Marker"):
        MuseP300(tmp_path).read(Key("subject1", "1", "01"))


@pytest.mark.shared
def test_shared_p300(shared_data: Path) -> None:
    data = MuseP300(shared_data / "muse" / "P300")
    keys = data.keys()
    assert Counter((key.subject, key.session) for key in keys) == {
        ("subject1", "1"): 6,
        ("subject1", "2"): 5,
        ("subject2", "1"): 5,
    }
    counts: Counter[tuple[str, str | float]] = Counter()
    for key in keys:
        recording = data.read(key)
        assert recording.trials[-1].stop_s <= len(recording.chunks[0].times_s) / 256
        assert recording.chunks[0].n_samples / 256 == pytest.approx(120.0, abs=0.1)
        counts.update((key.subject, trial.label) for trial in recording.trials)
    assert counts == {
        ("subject1", "non_target"): 1802,
        ("subject1", "target"): 325,
        ("subject2", "non_target"): 818,
        ("subject2", "target"): 144,
    }


@pytest.mark.shared
def test_shared_n170(shared_data: Path) -> None:
    data = MuseN170(shared_data / "muse" / "N170")
    keys = data.keys()
    assert keys == [Key("subject2", "1", "01"), Key("subject2", "1", "02"), Key("subject3", "1", "01"),
                    Key("subject3", "2", "02"), Key("subject3", "3", "01")]  # fmt: skip
    labels = Counter(trial.label for key in keys for trial in data.read(key).trials)
    assert labels == {"house": 511, "face": 473}


@pytest.mark.shared
def test_rebuilt_time_axis_agrees_with_the_stamps(shared_data: Path) -> None:
    data = MuseN170(shared_data / "muse" / "N170")
    path = data.files(Key("subject3", "1", "01"))[0]
    stamps = np.loadtxt(path, delimiter=",", skiprows=1, usecols=0)
    times_s = data.read(Key("subject3", "1", "01")).chunks[0].times_s
    assert np.abs(stamps - stamps[0] - times_s).max() < 0.01
