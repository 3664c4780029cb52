"""Data sets of AdaBrain-Bench that are not at hand: what their laws do not say, on fabricated folders."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from models.dataset import Key, PublishedSplit
from models.datasets import bci_iv_2a, seed, seed_iv, seed_vig, shu, things_eeg
from pipelines.errors import ConfigError, RecordingError
from tests.contract.dataset_folders import bci_iv_2a as bci_folder
from tests.contract.dataset_folders import seed as seed_folder
from tests.contract.dataset_folders import seed_vig as vig_folder
from tests.contract.dataset_folders import shu as shu_folder
from tests.contract.dataset_folders import things_eeg as things_folder


def everybody(split: PublishedSplit, field: str) -> list[str]:
    return sorted(chain.from_iterable(getattr(p, field) for p in (*split.train, *split.validation, *split.test)))


@pytest.mark.parametrize(
    ("splits", "name", "field", "expected"),
    [
        (bci_iv_2a.SPLITS, "cbramod", "subjects", [f"A{s:02d}" for s in range(1, 10)]),
        (bci_iv_2a.SPLITS, "adabrain_cross_subject", "subjects", [f"A{s:02d}" for s in range(1, 10)]),
        (bci_iv_2a.SPLITS, "adabrain_multi_subject", "runs", list("123456")),
        (shu.SPLITS, "cbramod", "subjects", [f"{s:03d}" for s in range(1, 26)]),
        (shu.SPLITS, "adabrain_cross_subject", "subjects", [f"{s:03d}" for s in range(1, 26)]),
        (shu.SPLITS, "adabrain_multi_subject", "sessions", [f"{s:02d}" for s in range(1, 6)]),
        (seed.SPLITS, "adabrain_cross_subject", "subjects", [f"{s:02d}" for s in range(1, 16)]),
        (seed.SPLITS, "adabrain_multi_subject", "runs", [f"{s:02d}" for s in range(1, 16)]),
        (seed_iv.SPLITS, "adabrain_cross_subject", "subjects", [f"{s:02d}" for s in range(1, 16)]),
        (seed_iv.SPLITS, "adabrain_multi_subject", "runs", [f"{s:02d}" for s in range(1, 25)]),
        (seed_vig.SPLITS, "adabrain", "subjects", [f"{s:02d}" for s in range(1, 22)]),
        (seed_vig.SPLITS, "cbramod", "subjects", [f"{s:02d}" for s in range(1, 22)]),
    ],
)
def test_splits_hold_everybody_once(
    splits: dict[str, PublishedSplit], name: str, field: str, expected: list[str]
) -> None:
    assert everybody(splits[name], field) == expected


def test_bci_trials_begin_with_their_cue_and_end_with_the_imagery(tmp_path: Path) -> None:
    bci_folder.make(tmp_path)
    run = bci_iv_2a.BciIv2a(tmp_path).read(Key("A01", "T", "1"))
    # The fabricated trials begin at samples 251 and 2001, counted from 1.
    assert [(trial.start_s, trial.stop_s) for trial in run.trials] == [(3.0, 7.0), (10.0, 14.0)]
    rows = loadmat(tmp_path / "A01T.mat")["data"][0, 3]["X"][0, 0]
    np.testing.assert_allclose(run.chunks[0].samples, rows[:, :22].astype(np.float32))


def test_bci_runs_are_told_apart_by_their_classes_not_by_their_place(tmp_path: Path) -> None:
    bci_folder.make(tmp_path)
    data = bci_iv_2a.BciIv2a(tmp_path)
    labels = [[t.label for t in data.read(Key(s, "T", "1")).trials] for s in ("A01", "A04")]
    assert labels[0] == labels[1] == ["left_hand", "right_hand"]
    assert data.read(Key("A01", "T", "eyes_closed")).rest == ((0.0, 9.0),)
    with pytest.raises(RecordingError, match=r"A04T\.mat: has no run eyes_open: 6 runs with classes and 1 without"):
        data.read(Key("A04", "T", "eyes_open"))


def test_code_without_a_class_is_told(tmp_path: Path) -> None:
    shu_folder.make(tmp_path)
    path = tmp_path / "sub-001_ses-01_task_motorimagery_eeg.mat"
    savemat(path, {"data": loadmat(path)["data"], "labels": [[1, 2, 7]]})
    with pytest.raises(RecordingError, match=r"codes \[7\.0\] stand for no class; known are \[1, 2\]"):
        shu.Shu(tmp_path).read(Key("001", "01"))


def test_shu_trials_are_chunks_of_their_own(tmp_path: Path) -> None:
    shu_folder.make(tmp_path)
    session = shu.Shu(tmp_path).read(Key("001", "01"))
    assert [(t.start_s, t.stop_s) for t in session.trials] == [(0.0, 4.0), (8.0, 12.0), (16.0, 20.0)]
    assert [chunk.gap_before for chunk in session.chunks] == [0, 1000, 1000]
    data = loadmat(shu.Shu(tmp_path).files(Key("001", "01"))[0])["data"]
    np.testing.assert_allclose(session.chunks[2].samples, data[2].T.astype(np.float32))
    assert session.spec.names[14:16] == ("T7", "T8")


def test_seed_clips_follow_their_numbers_and_sessions_their_published_names(tmp_path: Path) -> None:
    seed_folder.make(tmp_path)
    data = seed.Seed(tmp_path)
    assert {key.session for key in data.keys() if key.subject == "01"} == {"1", "3"}
    assert [data.read(Key("01", "3", f"{n:02d}")).chunks[0].n_samples for n in (2, 10, 12)] == [252, 260, 262]
    with pytest.raises(RecordingError, match=r"1_20131030\.mat: cannot be read"):
        data.read(Key("01", "2", "01"))


def test_seed_label_file_of_another_length_is_told(tmp_path: Path) -> None:
    seed_folder.make(tmp_path)
    savemat(tmp_path / "Preprocessed_EEG" / "label.mat", {"label": [[1, 0, -1]]})
    with pytest.raises(RecordingError, match=r"label\.mat: has 3 labels for 15 clips"):
        seed.Seed(tmp_path).read(Key("01", "1", "01"))


def test_published_names_are_complete() -> None:
    assert sorted(seed.DATES) == list(range(1, 16))
    assert {len(dates) for dates in seed.DATES.values()} == {3}
    assert all(list(dates) == sorted(dates) for dates in seed.DATES.values())
    assert {session: len(labels) for session, labels in seed_iv.LABELS.items()} == {"1": 24, "2": 24, "3": 24}
    assert all(labels.count(c) == 6 for labels in seed_iv.LABELS.values() for c in range(4))
    assert len(seed_vig.NAMES) == 23
    assert {int(name.split("_")[0]) for name in seed_vig.NAMES} == set(range(1, 22))


def test_seed_vig_labels_are_eight_seconds_each(tmp_path: Path) -> None:
    vig_folder.make(tmp_path)
    data = seed_vig.SeedVig(tmp_path)
    assert [(t.start_s, t.stop_s, t.label) for t in data.read(Key("01")).trials] == [
        (0.0, 8.0, 0.1),
        (8.0, 16.0, 0.25),
        (16.0, 24.0, 0.9),
    ]
    savemat(tmp_path / "perclos_labels" / "1_20151124_noon_2.mat", {"perclos": np.zeros((4, 1))})
    with pytest.raises(RecordingError, match=r"4 labels of 8 s for 4800 samples"):
        data.read(Key("01"))


def test_things_trials_are_pictures_and_targets_are_left_out(tmp_path: Path) -> None:
    things_folder.make(tmp_path)
    run = things_eeg.ThingsEeg(tmp_path).read(Key("sub-01", "ses-01", "train-1"))
    assert [(t.label, round(t.start_s, 3)) for t in run.trials] == [("train-16540", 0.5), ("train-00003", 0.9)]
    assert 15.0 < run.chunks[0].samples.std() < 25.0


def test_things_pickles_are_not_read_and_how_to_get_the_source_is_said(tmp_path: Path) -> None:
    home = tmp_path / "sub-01" / "ses-01"
    home.mkdir(parents=True)
    np.save(home / "raw_eeg_training.npy", np.array({"raw_eeg_data": 1}, dtype=object), allow_pickle=True)
    with pytest.raises(RecordingError, match=r"BrainVision files, not the \.npy pickles"):
        things_eeg.ThingsEeg(tmp_path).keys()


def test_things_items_are_the_users_features(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    train, test = (rng.standard_normal((n, 5)).astype(np.float32) for n in (16540, 200))
    np.save(tmp_path / "train.npy", train)
    np.save(tmp_path / "test.npy", test)
    items = things_eeg.ThingsEeg(tmp_path, str(tmp_path / "train.npy"), str(tmp_path / "test.npy")).items()
    assert len(items.names) == len(items.features) == 16740
    np.testing.assert_array_equal(items.features[items.names.index("test-00200")], test[199])
    np.testing.assert_array_equal(items.features[items.names.index("train-00001")], train[0])
    only_test = things_eeg.ThingsEeg(tmp_path, test_features=str(tmp_path / "test.npy")).items()
    assert only_test.names[:2] == ("test-00001", "test-00002")


def test_things_features_that_are_no_numbers_or_too_few_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "pickled.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save(tmp_path / "few.npy", np.zeros((3, 5)))
    for name, said in (
        ("pickled", "cannot be read as numbers"),
        ("few", r"not \(200, n_features\)"),
        ("no", "No such"),
    ):
        with pytest.raises(ConfigError, match=said):
            things_eeg.ThingsEeg(tmp_path, test_features=str(tmp_path / f"{name}.npy")).items()
    with pytest.raises(ConfigError, match="are not set"):
        things_eeg.ThingsEeg(tmp_path).items()
