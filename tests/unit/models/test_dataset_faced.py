"""FACED: units that differ by cohort, and clips told from marks among others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.dataset import Key
from models.datasets.faced import CHANNELS, CLASSES, LAST_CLIP, SPLITS, SUBJECTS, Faced
from pipelines.errors import RecordingError
from tests.contract.dataset_folders import faced as folder_of


def test_both_cohorts_are_in_microvolts(tmp_path: Path) -> None:
    folder_of.make(tmp_path)
    for subject in ("000", "122"):
        samples = np.concatenate([chunk.samples for chunk in Faced(tmp_path).read(Key(subject)).chunks])
        assert samples.std() == pytest.approx(20.0, rel=0.01)


def test_trial_is_the_end_of_the_last_showing(tmp_path: Path) -> None:
    folder_of.make(tmp_path)
    data = Faced(tmp_path)
    assert [(t.start_s, t.stop_s) for t in data.read(Key("000")).trials] == [(7.0, 37.0), (45.0, 75.0)]
    assert [(t.start_s, t.stop_s) for t in data.read(Key("122")).trials] == [(42.0, 72.0)]


@pytest.mark.parametrize(
    ("marks", "why"),
    [
        (((1.0, "3"), (2.0, "101"), (31.0, "102")), "clip 3 lasts 29 s"),
        (((1.0, "3"), (2.0, "101"), (81.0, "102")), "has a clip until 81 s of 80 s"),
        (((1.0, "101"), (40.0, "102")), "marks no clip"),
        (((1.0, "3"), (40.0, "102")), "marks no clip"),
    ],
)
def test_marks_that_make_no_trial_are_told(marks: tuple, why: str, tmp_path: Path) -> None:
    folder_of.write(tmp_path / "Data/sub005", CHANNELS, marks, "uV")
    with pytest.raises(RecordingError, match=rf"evt\.bdf: {why}"):
        Faced(tmp_path).read(Key("005"))


def test_pickles_are_no_recordings(tmp_path: Path) -> None:
    (tmp_path / "Processed_data").mkdir()
    (tmp_path / "Processed_data/sub000.pkl").write_bytes(b"")
    with pytest.raises(RecordingError, match="no Data/sub000"):
        Faced(tmp_path).keys()


def test_classes_and_split_are_as_published() -> None:
    published = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8]
    assert [sum(clip > last for last in LAST_CLIP) for clip in range(1, 29)] == published
    assert len(CLASSES) == len(LAST_CLIP)
    (split,) = SPLITS.values()
    sides = [side[0].subjects for side in (split.train, split.validation, split.test)]
    assert [len(side) for side in sides] == [80, 20, 23]
    assert sorted(name for side in sides for name in side) == list(SUBJECTS)
