"""Classical estimators on the shared recordings reach what simple models are known to reach there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mne
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.io import loadmat
from scipy.signal import butter, sosfiltfilt
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import LeaveOneGroupOut, RepeatedStratifiedKFold, cross_val_score

from pipelines.plugins import make

pytestmark = [pytest.mark.shared, pytest.mark.filterwarnings("ignore:.*does not conform to MNE naming conventions")]

N_REST = 12
"""Windows of 5 s in the first minute of rest."""


def ready(kind: str, rate_hz: float, **settings: Any) -> Any:
    return make("estimators", {"kind": kind, **settings}).set_params(rate_hz=rate_hz)


@pytest.fixture(scope="module")
def workload(shared_data: Path) -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """CBraMod's windows of EEGMAT: the 200 Hz files as they are, 19 channels, consecutive 5 s; rest and task."""

    def windows(subject: int, part: int) -> NDArray[np.float32]:
        path = shared_data / "eegmat" / f"Subject{subject:02d}_{part}.edf"
        raw = mne.io.read_raw_edf(path, preload=True, verbose="error").drop_channels(["EEG A2-A1"])
        rows = 1e6 * raw.get_data()
        n = rows.shape[1] // 1000
        return rows[:, : n * 1000].reshape(19, n, 1000).swapaxes(0, 1).astype(np.float32)

    return {f"{subject:02d}": (windows(subject, 1), windows(subject, 2)) for subject in range(32)}


@pytest.mark.slow
@pytest.mark.parametrize(("by_rest", "reference"), [(False, 0.672), (True, 0.798)])
def test_band_power_reaches_the_floor_of_the_specification(
    workload: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]], by_rest: bool, reference: float
) -> None:
    """Leave one subject out, mean of subjects; by rest, the first minute is left out of training and judging."""
    assert sum(len(a) + len(b) for a, b in workload.values()) == 1343 + 172
    kept = {name: (a[N_REST:] if by_rest else a, b) for name, (a, b) in workload.items()}
    X = np.concatenate([windows for pair in kept.values() for windows in pair])
    y = np.concatenate([np.repeat([0, 1], [len(a), len(b)]) for a, b in kept.values()])
    people = np.repeat(list(kept), [len(a) + len(b) for a, b in kept.values()])
    rest = {name: a[:N_REST] for name, (a, _) in workload.items()}
    accuracy = []
    for name in kept:
        out = people == name
        model = ready("bandpower_lr", 200.0)
        if by_rest:
            model = model.fit_people(X[~out], y[~out], people[~out], rest).for_person(rest[name])
        else:
            model.fit(X[~out], y[~out])
        accuracy.append(balanced_accuracy_score(y[out], model.predict(X[out])))
    assert np.mean(accuracy) == pytest.approx(reference, abs=0.01)


def ssvep_trials(folder: Path) -> tuple[NDArray[np.float32], NDArray[Any]]:
    """Seconds 2 to 5 after the cue, 3-45 Hz, trials of rest left out."""
    windows, codes = [], []
    for path in sorted(folder.glob("*_raw.fif")):
        if folder.name == "subject07" and "2012.07.11-15.33.08" in path.name:
            continue  # a session of subject03
        raw = mne.io.read_raw_fif(path, preload=True, verbose="error")
        events = mne.read_events(path.with_name(path.name.replace("_raw.fif", "-eve.fif")), verbose="error")
        rows = sosfiltfilt(butter(4, (3.0, 45.0), "band", fs=256.0, output="sos"), raw.get_data(picks="eeg"))
        for at, _, code in events[events[:, 2] > 1]:
            start = at - raw.first_samp + 512
            windows.append(rows[:, start : start + 768])
            codes.append(code)
    return np.array(windows, np.float32), np.array(codes)


def test_canonical_correlation_on_ssvep_exo(shared_data: Path) -> None:
    """Reference .81: by subject .85 .42 .98 .96 .77 .67 .99 .83. Codes 2, 3, 4 are 13, 21 and 17 Hz."""
    people = [ssvep_trials(shared_data / "ssvep_exo" / f"subject{n:02d}") for n in range(1, 9)]
    accuracy = []
    for number, (X, y) in enumerate(people):
        others = [person for n, person in enumerate(people) if n != number]
        model = ready("ssvep_cca", 256.0, frequencies_hz=(13.0, 21.0, 17.0))
        model.fit(*(np.concatenate(parts) for parts in zip(*others, strict=True)))
        accuracy.append(model.score(X, y))
    assert np.mean(accuracy) == pytest.approx(0.81, abs=0.02)
    np.testing.assert_allclose(accuracy, [0.85, 0.42, 0.98, 0.96, 0.77, 0.67, 0.99, 0.83], atol=0.08)


def test_three_classes_of_imagery(shared_data: Path) -> None:
    """Reference .88: last 4 s, band power and LDA, leave one run out."""
    runs = [loadmat(shared_data / "mi_vr" / f"sample_trainingWitoutFeedback_r{n}.mat") for n in range(1, 7)]
    X = 1e6 * np.concatenate([run["Data"].transpose(2, 0, 1)[..., -1024:] for run in runs]).astype(np.float32)
    y = np.concatenate([run["cue_type"].ravel() for run in runs])
    bands_hz = ((7, 10), (10, 13), (13, 18), (18, 24), (24, 30))
    model = ready("bandpower_lda", 256.0, bands_hz=bands_hz)
    scores = cross_val_score(model, X, y, groups=np.repeat(range(6), 36), cv=LeaveOneGroupOut())
    assert scores.mean() == pytest.approx(0.88, abs=0.02)


def test_imagined_hands_and_feet(shared_data: Path) -> None:
    """Reference .96-.97: runs 6 and 10, 0.5-3.5 s, CSP and shrinkage LDA, repeated 5-fold."""
    windows, codes = [], []
    for run in (6, 10):
        raw = mne.io.read_raw_edf(shared_data / "eegmmidb_s001" / f"S001R{run:02d}.edf", preload=True, verbose="error")
        events, _ = mne.events_from_annotations(raw, {"T1": 1, "T2": 2}, verbose="error")
        rows = 1e6 * raw.get_data()
        windows += [rows[:, at + 80 : at + 560] for at in events[:, 0]]
        codes += list(events[:, 2])
    X, y = np.array(windows, np.float32), np.array(codes)
    assert X.shape == (30, 64, 480)
    cv = RepeatedStratifiedKFold(n_splits=5, n_repeats=4, random_state=0)
    assert cross_val_score(ready("csp_lda", 160.0), X, y, cv=cv).mean() == pytest.approx(0.96, abs=0.03)
