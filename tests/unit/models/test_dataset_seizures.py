"""Seizures: texts by hand, their known slips, times of day on a recording's clock, splits."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.dataset import Key
from models.datasets import chb_mit, siena
from pipelines.errors import RecordingError
from tests.contract.dataset_folders import chb_mit as chb_mit_folder
from tests.contract.dataset_folders import siena as siena_folder

SEIZURE = "Seizure n 1\nFile name: {}\nRegistration start time: 12.00.00\n"


def spans(labelled_trials: tuple) -> list[tuple[float, float]]:
    return [(t.start_s, t.stop_s) for t in labelled_trials if t.label == "seizure"]


def test_siena_times_of_day_are_told_from_the_header_and_pass_midnight(tmp_path: Path) -> None:
    siena_folder.make(tmp_path)
    data = siena.Siena(tmp_path)
    assert spans(data.read(Key("PN00", run="1")).trials) == [(8.0, 13.0)]
    assert spans(data.read(Key("PN00", run="4.5")).trials) == [(0.0, 4.0), (20.0, 30.0)]
    assert spans(data.read(Key("PN06", run="1")).trials) == [(10.0, 20.0)]


@pytest.mark.parametrize(("listed", "meant"), siena.MISNAMED.items())
def test_siena_known_slips_in_names(listed: str, meant: str, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text(SEIZURE.format(listed) + "Start time: 12.00.01\nEnd time: 12:00.02\n")
    (seizure,) = siena.read_list(path)
    assert (seizure.file, seizure.start_s, seizure.end_s) == (meant, 43201, 43202)


def test_siena_known_slip_in_a_time_is_of_one_file(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    lines = "Seizure start time: 18.28.29\nSeizure end time: 19.29.29\n"
    path.write_text(SEIZURE.format("PN00-3.edf") + lines + SEIZURE.format("PN00-4.edf") + lines)
    assert [s.end_s - s.start_s for s in siena.read_list(path)] == [60, 3660]


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ("Seizure strat time: 12.00.01\nSeizure end time: 12.00.02", 4),
        ("Seizure start time: 1 2.00.01\nSeizure end time: 12.00.02", 4),
        ("Seizure start time: 12.00.01\nSeizure end time: 12.61.02", 5),
        ("Seizure start time: 12.00.01", 1),
        ("Seizure start time: 12.00.01\nSeizure end time: 12.00.02\nFile name: PN0O-1.edf", 6),
    ],
)
def test_siena_unknown_slips_are_told_with_their_line(lines: str, number: int, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text(f"{SEIZURE.format('PN00-1.edf')}{lines}\n")
    with pytest.raises(RecordingError, match=rf"list\.txt: line {number}: "):
        siena.read_list(path)


def test_siena_seizure_outside_its_recording_is_told(tmp_path: Path) -> None:
    siena_folder.make(tmp_path)
    path = tmp_path / "PN06/Seizures-list-PN06.txt"
    path.write_text(path.read_text().replace("12.00.20", "12.00.40"))
    with pytest.raises(RecordingError, match=r"Seizures-list-PN06\.txt: line 12: is from 10 to 40 s of PN06-1\.edf"):
        siena.Siena(tmp_path).read(Key("PN06", run="1"))


def test_siena_recording_without_a_seizure_is_told(tmp_path: Path) -> None:
    siena_folder.make(tmp_path)
    path = tmp_path / "PN06/Seizures-list-PN06.txt"
    path.write_text(path.read_text().replace("PNO6-1", "PN06-2"))
    with pytest.raises(RecordingError, match=r"names no seizure in PN06-1\.edf"):
        siena.Siena(tmp_path).read(Key("PN06", run="1"))


def test_chb_mit_seizures_are_seconds_of_the_file(tmp_path: Path) -> None:
    chb_mit_folder.make(tmp_path)
    trials = chb_mit.ChbMit(tmp_path).read(Key("chb01", run="03")).trials
    assert spans(trials) == [(5.0, 9.0), (20.0, 30.0)]


@pytest.mark.parametrize(
    ("was", "now", "number"),
    [
        ("Seizure 2 End Time: 30 seconds", "Seizure 2 End Time: 30", 37),
        ("Number of Seizures in File: 2", "Number of Seizures in File: 3", 32),
        ("Seizure 1 End Time: 9 seconds\n", "", 32),
        ("Seizure 2 End Time: 30 seconds", "Seizure 2 End Time: 31 seconds", 32),
    ],
)
def test_chb_mit_slips_are_told_with_their_line(was: str, now: str, number: int, tmp_path: Path) -> None:
    chb_mit_folder.make(tmp_path)
    path = tmp_path / "chb01/chb01-summary.txt"
    text = path.read_text()
    assert was in text
    path.write_text(text.replace(was, now))
    with pytest.raises(RecordingError, match=rf"chb01-summary\.txt: line {number}: "):
        chb_mit.ChbMit(tmp_path).read(Key("chb01", run="03"))


def test_splits_hold_everybody_once_but_whom_they_leave_out() -> None:
    for split in siena.SPLITS.values():
        people = [s for side in (split.train, split.test) for part in side for s in part.subjects]
        assert sorted(people) == list(siena.SUBJECTS)
        assert not split.validation
    split = chb_mit.SPLITS["cbramod"]
    cases = [s for side in (split.train, split.validation, split.test) for part in side for s in part.subjects]
    assert sorted(cases) == [f"chb{n:02d}" for n in range(1, 25) if n not in (12, 13, 17)]
