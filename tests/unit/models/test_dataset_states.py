"""Imagined speech in two kinds of MATLAB file, labels in an Excel file, and people with and without depression."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from scipy.io import savemat

from models.dataset import Key
from models.datasets.bcic2020_3 import ANSWERS, CHANNELS, SPLITS, Bcic2020Track3
from models.datasets.mumtaz2016 import Mumtaz
from models.reading.xlsx_files import sheet_numbers
from pipelines.errors import RecordingError
from tests.contract.dataset_folders import bcic2020_3 as bcic


def test_both_kinds_of_file_give_the_same_samples(tmp_path: Path) -> None:
    bcic.make(tmp_path)
    train = Bcic2020Track3(tmp_path).read(Key("01", run="train"))
    test = Bcic2020Track3(tmp_path).read(Key("01", run="test"))
    for labelled, n in ((train, 3), (test, 50)):
        truth = bcic.epochs(n)
        for number, chunk in enumerate(labelled.chunks):
            np.testing.assert_allclose(chunk.samples, truth[:, :, number], rtol=1e-6)
        assert {round((t.stop_s - t.start_s) * 256) for t in labelled.trials} == {768}
        assert labelled.trials[1].stop_s == pytest.approx(labelled.chunks[1].times_s[-1] + 1 / 256)


def test_channels_are_put_in_order(tmp_path: Path) -> None:
    bcic.make(tmp_path)
    path = tmp_path / "Training set/Data_Sample01.mat"
    x, y = bcic.epochs(1), np.array([[0], [0], [1], [0], [0]])
    names = np.array([CHANNELS[::-1]], object)
    savemat(
        path, {"epo_train": {"clab": names, "x": np.dstack([x, x]), "y": np.hstack([y, y]), "t": bcic.TIMES_MS[None]}}
    )
    labelled = Bcic2020Track3(tmp_path).read(Key("01", run="train"))
    np.testing.assert_allclose(labelled.chunks[1].samples, x[:, ::-1, 0], rtol=1e-6)
    assert [trial.label for trial in labelled.trials] == ["stop", "stop"]


@pytest.mark.parametrize(
    "change", [{"y": np.ones((5, 3))}, {"x": np.zeros((700, 64, 3))}, {"clab": np.array([["Cz"] * 64], object)}]
)
def test_struct_that_cannot_be_understood_is_told(change: dict, tmp_path: Path) -> None:
    bcic.make(tmp_path)
    path = tmp_path / "Training set/Data_Sample01.mat"
    epo = {"clab": np.array([CHANNELS], object), "x": bcic.epochs(3), "y": np.eye(5)[:, :3], "t": bcic.TIMES_MS[None]}
    savemat(path, {"epo_train": epo | change})
    with pytest.raises(RecordingError, match=r"Data_Sample01\.mat"):
        Bcic2020Track3(tmp_path).read(Key("01", run="train"))


def test_answers_that_lack_a_trial_are_told(tmp_path: Path) -> None:
    bcic.make(tmp_path)
    bcic.write_answers(tmp_path / "Test set" / ANSWERS, {"C": [1] * 49 + [6]})
    with pytest.raises(RecordingError, match=r"Test\.xlsx: column C lacks"):
        Bcic2020Track3(tmp_path).read(Key("01", run="test"))


def test_numbers_of_a_sheet(tmp_path: Path) -> None:
    path = tmp_path / "numbers.xlsx"
    bcic.write_answers(path, {"C": list(range(50)), "AC": [7] * 50})
    numbers = sheet_numbers(path)
    assert ("C", 3) not in numbers  # a text
    assert [numbers["C", row] for row in range(4, 54)] == list(range(50))
    assert numbers["AC", 53] == 7
    with ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "")
    with pytest.raises(RecordingError, match=r"numbers\.xlsx: cannot be read as an Excel file"):
        sheet_numbers(path)


def test_split_of_the_competition_is_by_part() -> None:
    (split,) = SPLITS.values()
    for name, side in (("train", split.train), ("validation", split.validation), ("test", split.test)):
        assert [run for run in ("train", "validation", "test") if side[0].holds(Key("07", run=run))] == [name]


def test_mumtaz_split_cuts_the_sorted_names(tmp_path: Path) -> None:
    for group, n in (("H", 28), ("MDD", 32)):
        for subject in range(1, n + 1):
            for eyes in ("EC", "EO"):
                (tmp_path / f"{group} S{subject} {eyes}.edf").touch()
    data = Mumtaz(tmp_path)
    split = data.splits["cbramod"]
    sides = (split.train, split.validation, split.test)
    assert [len(side) for side in sides] == [40 + 42, 8 + 10, 8 + 12]
    held = [[key for key in data.keys() if any(part.holds(key) for part in side)] for side in sides]
    assert sorted(key for side in held for key in side) == data.keys()
    assert Key("H10", run="EC") in held[0]  # "H S10" stands before "H S2"
    assert Key("H09", run="EO") in held[2]
    (tmp_path / "MDD S1 EC.edf").unlink()
    for subject in range(2, 8):
        for eyes in ("EC", "EO"):
            (tmp_path / f"MDD S{subject} {eyes}.edf").unlink()
    assert data.splits == {}
