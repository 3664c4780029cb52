"""Subsets of the TUH EEG Corpus: montages, windows around marks, splits that go by the listing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.dataset import Key
from models.datasets import tuab, tuev, tusl
from models.reading.tuh_files import MONTAGES
from pipelines.errors import RecordingError
from tests.contract.dataset_folders import tuab as tuab_folder
from tests.contract.dataset_folders import tuev as tuev_folder
from tests.contract.dataset_folders.signals import noise_uv, write_edf


def test_bipolar_is_the_difference_of_electrodes(tmp_path: Path) -> None:
    tuev_folder.make(tmp_path)
    key = Key("aaaaaaar", "train", "00000001")
    electrodes = tuev.Tuev(tmp_path).read(key)
    derived = tuev.Tuev(tmp_path, "bipolar_16").read(key)
    assert derived.spec.names == MONTAGES["bipolar_16"] == tuev.Tuev(tmp_path, "bipolar_16").about.channels
    place = {name: index for index, name in enumerate(electrodes.spec.names)}
    whole = electrodes.chunks[0].samples
    for column, name in enumerate(derived.spec.names):
        first, second = name.split("-")
        expected = whole[:, place[first]] - whole[:, place[second]]
        np.testing.assert_allclose(derived.chunks[0].samples[:, column], expected, rtol=1e-5)


def test_window_around_a_mark_is_moved_inside_the_recording(tmp_path: Path) -> None:
    tuev_folder.make(tmp_path)
    trials = tuev.Tuev(tmp_path).read(Key("aaaaaaar", "train", "00000001")).trials
    assert [(t.start_s, t.stop_s) for t in trials] == [(0.0, 5.0), (3.0, 8.0), (8.0, 13.0)]


@pytest.mark.parametrize("line", ["0,1.0,2.0,7", "0,1.0,2.0", "zero,1.0,2.0,1"])
def test_mark_that_cannot_be_understood_is_told_with_its_line(line: str, tmp_path: Path) -> None:
    tuev_folder.make(tmp_path)
    (tmp_path / "train/aaaaaaar/aaaaaaar_00000001.rec").write_text(f"0,3.0,4.0,1\n{line}\n")
    with pytest.raises(RecordingError, match=r"aaaaaaar_00000001.rec: line 2") as refusal:
        tuev.Tuev(tmp_path).read(Key("aaaaaaar", "train", "00000001"))
    assert line in str(refusal.value)


def test_lacking_electrodes_are_named(tmp_path: Path) -> None:
    path = tmp_path / "train/normal/01_tcp_ar/aaaaaaaq_s004_t000.edf"
    names = [f"EEG {name.upper()}-REF" for name in MONTAGES["referential_19"]]
    write_edf(path, 250.0, names, noise_uv(2500, 19))
    key = Key("aaaaaaaq", "s004", "t000")
    assert tuab.Tuab(tmp_path, "referential_19").read(key).spec.names == MONTAGES["referential_19"]
    with pytest.raises(RecordingError, match="has no channels A1, A2, T1, T2"):
        tuab.Tuab(tmp_path).read(key)


def test_one_recording_has_one_label(tmp_path: Path) -> None:
    tuab_folder.make(tmp_path)
    home = tmp_path / "train/abnormal/01_tcp_ar"
    (home / "aaaaaabd_s001_t000.edf").write_bytes(b"")
    with pytest.raises(RecordingError, match="one recording has one label"):
        tuab.Tuab(tmp_path).keys()


def test_tuab_splits_need_the_whole_folder_and_share_nobody() -> None:
    people = [f"p{number:04d}" for number in range(2383)]
    train, test = people[:2130], people[2130:]
    listed = {
        ("train", "normal"): set(train[:1300]),
        ("train", "abnormal"): set(train[1200:]),  # a hundred have both
        ("eval", "normal"): set(test[:150]),
        ("eval", "abnormal"): set(test[150:]),
    }
    splits = tuab._splits(listed)
    split = splits["cbramod"]
    sides = [side[0].subjects for side in (split.train, split.validation, split.test)]
    assert sorted(name for side in sides for name in side) == people
    assert sides[2] == set(test) == splits["adabrain_cross_subject"].test[0].subjects
    assert sides[0] >= set(train[:1040])
    listed["eval", "abnormal"].pop()
    assert list(tuab._splits(listed)) == ["adabrain_cross_subject"]
    assert tuab._splits({("train", "normal"): {"p0000"}}) == {}


def test_tuev_split_by_listing() -> None:
    people = [f"p{number:03d}" for number in range(tuev.N_TRAIN)]
    split = tuev.cbramod(people)
    assert split.train[0].subjects == set(people[:232])
    assert split.validation[0].subjects == set(people[232:])


def test_tusl_split_by_listing(tmp_path: Path) -> None:
    assert tusl.Tusl(tmp_path).splits == {}
    for number in range(38):
        name = f"aaaaaa{chr(97 + number // 26)}{chr(97 + number % 26)}"
        path = tmp_path / name / "s001_2010/01_tcp_ar" / f"{name}_s001_t000.edf"
        path.parent.mkdir(parents=True)
        path.touch()
    split = tusl.Tusl(tmp_path).splits["csbrain"]
    sides = [side[0].subjects for side in (split.train, split.validation, split.test)]
    assert [len(side) for side in sides] == [22, 7, 9]
    assert len(frozenset().union(*sides)) == 38
