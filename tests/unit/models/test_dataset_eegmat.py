"""EEGMAT: the published test people stay untouched; the shared recordings are what they are said to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.dataset import Key
from models.datasets.eegmat import CHANNELS, HELD_OUT, SPLITS, EegMat, Settings, build
from pipelines.errors import RecordingError
from tests.contract.dataset_folders import eegmat as example


def test_published_test_people_are_left_out_and_refused(tmp_path: Path) -> None:
    example.make(tmp_path)
    data = build(Settings(folder=str(tmp_path)))
    assert {key.subject for key in data.keys()} == {"00", "04"}
    with pytest.raises(RecordingError, match=r"Subject33_1\.edf: .*published_test is not set"):
        data.read(Key("33"))


def test_published_test_people_are_read_when_the_settings_say_so(tmp_path: Path) -> None:
    example.make(tmp_path)
    data = build(Settings(folder=str(tmp_path), published_test=True))
    assert [key.subject for key in data.keys()] == ["00", "00", "04", "04", "33", "33"]
    assert data.read(Key("33", run="2")).trials[0].label == "mental_arithmetic"


def test_subject_with_one_file_is_told(tmp_path: Path) -> None:
    example.make(tmp_path)
    (tmp_path / "Subject04_2.edf").unlink()
    with pytest.raises(RecordingError, match=r"no Subject04_2\.edf here"):
        EegMat(tmp_path).keys()


@pytest.mark.parametrize("name", SPLITS)
def test_splits_hold_everybody_once(name: str) -> None:
    split = SPLITS[name]
    subjects = [s for part in (*split.train, *split.validation, *split.test) for s in part.subjects]
    assert sorted(subjects) == [f"{s:02d}" for s in range(36)]
    assert split.test[0].subjects == HELD_OUT


@pytest.mark.shared
def test_shared_recordings(shared_data: Path) -> None:
    data = EegMat(shared_data / "eegmat")
    keys = data.keys()
    assert keys == [Key(f"{s:02d}", run=run) for s in range(32) for run in ("1", "2")]
    seconds = {}
    for key in keys:
        recording = data.read(key)
        assert recording.spec.names == CHANNELS
        (trial,) = recording.trials
        assert trial.label == ("rest" if key.run == "1" else "mental_arithmetic")
        assert recording.rest == (((0.0, trial.stop_s),) if key.run == "1" else ())
        seconds[key] = trial.stop_s
        assert 1.0 < recording.chunks[0].samples.std() < 50.0
    assert {round(s) for key, s in seconds.items() if key.run == "2"} == {62}
    unusual = {key.subject: round(s) for key, s in seconds.items() if key.run == "1" and round(s) != 182}
    assert unusual == {"04": 170, "10": 188, "31": 80}
    # Windows of 5 s that the CBraMod protocol counts in its training and validation parts: 1343 and 172.
    split = SPLITS["cbramod"]
    for part, count in ((split.train[0], 1343), (split.validation[0], 172)):
        assert sum(int(s // 5.0) for key, s in seconds.items() if part.holds(key)) == count


@pytest.mark.shared
def test_shared_folder_of_the_published_rate(shared_data: Path) -> None:
    recording = EegMat(shared_data / "eegmat" / "original_500hz").read(Key("00"))
    assert recording.spec.rate_hz == 500.0
    assert recording.trials[0].stop_s == pytest.approx(182.0)
