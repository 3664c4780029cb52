"""Nights: stages, channels at their own rate, scorings that cannot be understood, splits that go by the listing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from edfio import read_edf as oracle

from models.dataset import Key, PublishedSplit
from models.datasets import hmc, isruc, shhs, sleep_edf
from models.datasets.eegmat import EegMat
from models.reading.edf_files import PIECE, read_edf
from pipelines.errors import RecordingError
from tests.contract.dataset_folders import hmc as hmc_folder
from tests.contract.dataset_folders import isruc as isruc_folder
from tests.contract.dataset_folders import shhs as shhs_folder
from tests.contract.dataset_folders import sleep_edf as sleep_edf_folder
from tests.contract.dataset_folders.nights import write_night
from tests.contract.dataset_folders.signals import write_edf


def sides(split: PublishedSplit) -> list[frozenset[str]]:
    return [part.subjects for side in (split.train, split.validation, split.test) for part in side]


def test_channels_are_read_at_their_own_rate_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "night.edf"
    seconds = PIECE // 100 + 7
    write_night(path, 100.0, ["EEG C3-A2", "EEG F4-A1"], seconds)
    signal = read_edf(path, ("F4", "C3"), "a night")
    assert signal.spec.rate_hz == 100.0
    assert [chunk.n_samples for chunk in signal.chunks] == [PIECE, 100 * seconds - PIECE]
    assert signal.clock_s == 22 * 3600 + 30 * 60 + 5
    assert signal.stop_s == seconds
    truth = {s.label: s.data for s in oracle(path).signals}
    found = np.concatenate([chunk.samples for chunk in signal.chunks])
    np.testing.assert_allclose(found[:, 0], truth["EEG F4-A1"], atol=1e-3)
    np.testing.assert_allclose(found[:, 1], truth["EEG C3-A2"], atol=1e-3)


def test_first_of_doubles_is_read(tmp_path: Path) -> None:
    path = tmp_path / "night.edf"
    write_night(path, 100.0, ["T8-P8", "P8-O2", "T8-P8"], 5)
    truth = oracle(path).signals
    signal = read_edf(path, ("P8-O2", "T8-P8"), "a night")
    np.testing.assert_allclose(signal.chunks[0].samples[:, 0], truth[2].data, atol=1e-3)
    np.testing.assert_allclose(signal.chunks[0].samples[:, 1], truth[1].data, atol=1e-3)


def test_suffix_does_not_matter(tmp_path: Path) -> None:
    isruc_folder.make(tmp_path)
    raw = tmp_path / "1" / "1.rec"
    copy = tmp_path / "copy.edf"
    copy.write_bytes(raw.read_bytes())
    names = isruc.ABOUT.channels
    (one,), (other,) = read_edf(raw, names, "x").chunks, read_edf(copy, names, "x").chunks
    np.testing.assert_array_equal(one.samples, other.samples)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("01.01.99, 22.30.05, 0, 30, Sleep stage 4, ", "has none of the stages"),
        ("01.01.99, 22.30.05, zero, 30, Sleep stage W, ", "has no onset"),
        ("01.01.99, 22.30", "is cut off"),
    ],
)
def test_hmc_line_that_cannot_be_understood_is_told(line: str, why: str, tmp_path: Path) -> None:
    hmc_folder.make(tmp_path)
    path = tmp_path / "recordings/SN001_sleepscoring.txt"
    path.write_text(f"{', '.join(hmc.HEADING)}, Linked channel\n{line}\n")
    with pytest.raises(RecordingError, match=f"SN001_sleepscoring.txt: line 2: {why}"):
        hmc.Hmc(tmp_path).read(Key("SN001"))


def test_isruc_line_that_cannot_be_understood_is_told(tmp_path: Path) -> None:
    isruc_folder.make(tmp_path)
    (tmp_path / "1/1_1.txt").write_text("0\n\n4\n")
    with pytest.raises(RecordingError, match=r"1_1\.txt: line 3: is none of the stages"):
        isruc.Isruc(tmp_path).read(Key("001"))


def test_shhs_c4_is_the_channel_labelled_eeg(tmp_path: Path) -> None:
    shhs_folder.make(tmp_path)
    key = Key("200010")
    data = shhs.Shhs(tmp_path)
    truth = {s.label: s.data for s in oracle(data.files(key)[0]).signals}
    np.testing.assert_allclose(data.read(key).chunks[0].samples[:, 0], truth["EEG"], atol=1e-3)


def test_sleep_edf_night_without_its_signal_is_told(tmp_path: Path) -> None:
    sleep_edf_folder.make(tmp_path)
    (tmp_path / "sleep-cassette/SC4002E0-PSG.edf").unlink()
    with pytest.raises(RecordingError, match=r"SC4002E0-PSG\.edf"):
        sleep_edf.SleepEdf(tmp_path).read(Key("00", "2"))


def test_sleep_edf_stage_that_is_unknown_is_told(tmp_path: Path) -> None:
    sleep_edf_folder.make(tmp_path)
    write_edf(tmp_path / "sleep-cassette/SC4002EC-Hypnogram.edf", 1.0, [], [], [(30.0, 30.0, "Sleep stage N2")])
    with pytest.raises(RecordingError, match=r"SC4002EC-Hypnogram\.edf: at 30 s: 'Sleep stage N2'"):
        sleep_edf.SleepEdf(tmp_path).read(Key("00", "2"))


def test_hmc_splits_need_everybody_and_hold_everybody_once(tmp_path: Path) -> None:
    hmc_folder.make(tmp_path)
    assert hmc.Hmc(tmp_path).splits == {}
    people = [f"SN{number:03d}" for number in range(1, 152)]
    for person in people:
        (tmp_path / "recordings" / f"{person}.edf").touch()
    (tmp_path / "recordings/SN154.edf").unlink()
    splits = hmc.Hmc(tmp_path).splits
    assert sides(splits["csbrain"])[2] == set(people[125:])
    assert [len(side) for side in sides(splits["adabrain_cross_subject"])] == [120, 15, 16]
    for split in splits.values():
        assert sorted(name for side in sides(split) for name in side) == people


def test_splits_of_the_literature_hold_everybody_once_but_whom_they_forget() -> None:
    by_kind = {
        shhs.SPLITS["adabrain_cross_subject"]: (shhs.SUBJECTS, [263, 32, 34], set()),
        isruc.SPLITS["cbramod"]: (isruc.SUBJECTS, [80, 10, 10], set()),
        sleep_edf.SPLITS["adabrain_cross_subject"]: (sleep_edf.SUBJECTS, [62, 7, 8], {sleep_edf.SUBJECTS[62]}),
    }
    for split, (people, sizes, forgotten) in by_kind.items():
        assert [len(side) for side in sides(split)] == sizes
        assert sorted(name for side in sides(split) for name in side) == sorted(set(people) - forgotten)
    assert (len(shhs.SUBJECTS), len(sleep_edf.SUBJECTS)) == (329, 78)


@pytest.mark.shared
def test_real_file_is_read_as_by_the_way_for_short_ones(shared_data: Path) -> None:
    data = EegMat(shared_data / "eegmat")
    key = Key("04", run="2")
    truth = data.read(key)
    signal = read_edf(data.files(key)[0], truth.spec.names, "x")
    assert signal.spec.rate_hz == truth.spec.rate_hz
    np.testing.assert_array_equal(np.concatenate([c.samples for c in signal.chunks]), truth.chunks[0].samples)
