"""Motor data sets: EEGMMIDB, where the same code means different movements, and MI-EEG-BCI-VR."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from scipy.signal import welch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score

from models.dataset import Key
from models.datasets.eegmmidb import CHANNELS, SPLITS, EegMmiDb, TaskName
from models.datasets.mi_vr import MiVr
from pipelines.errors import RecordingError
from tests.contract.dataset_folders import eegmmidb as example


@pytest.mark.parametrize(
    ("task", "runs", "labels"),
    [
        ("imagined_fists", ["04"], ["right_fist", "left_fist"]),
        ("imagined_fists_feet", ["06"], ["both_feet", "both_fists"]),
        ("executed_fists", ["03"], ["right_fist", "left_fist"]),
        ("executed_fists_feet", ["05"], ["both_feet", "both_fists"]),
    ],
)
def test_run_says_what_a_code_means(task: TaskName, runs: list[str], labels: list[str], tmp_path: Path) -> None:
    example.make(tmp_path)
    data = EegMmiDb(tmp_path, task)
    assert [key.run for key in data.keys() if key.subject == "S001"] == ["01", *runs]
    assert [trial.label for trial in data.read(Key("S001", run=runs[0])).trials] == labels
    assert set(data.about.classes) == set(labels)


def test_split_holds_everybody_once() -> None:
    (split,) = SPLITS.values()
    subjects = [s for part in (*split.train, *split.validation, *split.test) for s in part.subjects]
    assert sorted(subjects) == [f"S{s:03d}" for s in range(1, 110)]


@pytest.mark.shared
def test_shared_eegmmidb(shared_data: Path) -> None:
    data = EegMmiDb(shared_data / "eegmmidb_s001")
    keys = data.keys()
    assert [key.run for key in keys] == ["01", "02", "04", "06", "08", "10", "12"]
    recordings = {key.run: data.read(key) for key in keys}
    assert {r.spec.names for r in recordings.values()} == {CHANNELS}
    assert [recordings[run].rest for run in ("01", "02")] == [((0.0, 61.0),)] * 2
    labels = Counter(trial.label for r in recordings.values() for trial in r.trials)
    assert labels == {"left_fist": 23, "right_fist": 22, "both_fists": 14, "both_feet": 16}
    assert {round(trial.stop_s - trial.start_s, 1) for r in recordings.values() for trial in r.trials} == {4.1}
    assert 10.0 < recordings["04"].chunks[0].samples.std() < 200.0


@pytest.mark.shared
def test_shared_eyes_closed_has_more_occipital_alpha(shared_data: Path) -> None:
    data = EegMmiDb(shared_data / "eegmmidb_s001")
    power = []
    for run in ("01", "02"):
        rows = data.read(Key("S001", run=run)).chunks[0].samples[:, CHANNELS.index("Oz")]
        spectrum = np.abs(np.fft.rfft(rows - rows.mean())) ** 2
        frequency = np.fft.rfftfreq(len(rows), 1 / 160)
        power.append(spectrum[(frequency >= 8) & (frequency <= 13)].sum())
    assert power[1] > 5 * power[0]


@pytest.mark.shared
def test_shared_mi_vr(shared_data: Path) -> None:
    data = MiVr(shared_data / "mi_vr")
    keys = data.keys()
    assert [key.run for key in keys] == list("123456")
    for key in keys:
        recording = data.read(key)
        assert len(recording.chunks) == 36
        assert [chunk.n_samples for chunk in recording.chunks] == [1792] * 36
        assert Counter(trial.label for trial in recording.trials) == {"left_hand": 12, "right_hand": 12, "feet": 12}
        assert 5.0 < np.concatenate([chunk.samples for chunk in recording.chunks]).std() < 12.0
        for chunk, trial in zip(recording.chunks, recording.trials, strict=True):
            assert trial.start_s == pytest.approx(chunk.times_s[0] + 3.0)
            assert trial.stop_s == pytest.approx(chunk.times_s[-1] + 1 / 256)


@pytest.mark.shared
def test_shared_mi_vr_labels_go_with_their_trials(shared_data: Path) -> None:
    """Reference: 0.88 for log band power of the last 4 s and LDA, one run left out (chance 0.33)."""
    data = MiVr(shared_data / "mi_vr")
    features, labels, runs = [], [], []
    for key in data.keys():
        recording = data.read(key)
        for chunk, trial in zip(recording.chunks, recording.trials, strict=True):
            rows = chunk.samples[chunk.times_s >= trial.start_s - 1e-6].astype(np.float64)
            frequency, power = welch(rows, 256, nperseg=256, axis=0)
            bands = [(frequency >= low) & (frequency < high) for low, high in pairwise((7, 10, 13, 18, 24, 30))]
            features.append(np.log([power[band].mean(axis=0) for band in bands]).ravel())
            labels.append(trial.label)
            runs.append(key.run)
    decoder = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    accuracy = cross_val_score(decoder, np.array(features), labels, groups=runs, cv=LeaveOneGroupOut()).mean()
    assert 0.82 < accuracy < 0.94


def test_mi_vr_of_another_shape_is_told(tmp_path: Path) -> None:
    savemat(
        tmp_path / "sample_trainingWitoutFeedback_r1.mat", {"Data": np.zeros((3, 100, 2)), "cue_type": [[1.0, 2.0]]}
    )
    with pytest.raises(RecordingError, match=r"_r1\.mat: Data is \(3, 100, 2\)"):
        MiVr(tmp_path).read(Key("1"))
