"""Averages around markers against MNE's epochs."""

from __future__ import annotations

import mne
import numpy as np
import pytest
from scipy import stats

from pipelines.epochs import EpochAverages

RATE_HZ = 200.0


@pytest.fixture(scope="module")
def recording() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    samples = rng.normal(0, 10, (6000, 3))
    onsets = np.arange(300, 5700, 173)
    for number, onset in enumerate(onsets):
        samples[onset + 20 : onset + 60, number % 2] += 30
    samples[onsets[5] + 40, 2] += 500
    return samples, onsets


def fed(target: EpochAverages, samples: np.ndarray, onsets: np.ndarray) -> EpochAverages:
    for number, onset in enumerate(onsets):
        start = onset + target.offset
        target.add("ab"[number % 2], samples[start : start + target.n_times])
    return target


@pytest.mark.parametrize("baseline", [None, (-0.2, 0.0), (-0.1, 0.1)])
@pytest.mark.parametrize("reject_uv", [None, 200.0])
def test_the_average_is_mnes(
    recording: tuple[np.ndarray, np.ndarray], baseline: tuple[float, float] | None, reject_uv: float | None
) -> None:
    samples, onsets = recording
    raw = mne.io.RawArray(samples.T * 1e-6, mne.create_info(["Cz", "Pz", "Oz"], RATE_HZ, "eeg"), verbose="error")
    events = np.column_stack((onsets, np.zeros_like(onsets), 1 + np.arange(len(onsets)) % 2))
    reject = None if reject_uv is None else {"eeg": reject_uv * 1e-6}
    epochs = mne.Epochs(
        raw, events, {"a": 1, "b": 2}, -0.2, 0.6, baseline=baseline, reject=reject, preload=True, verbose="error"
    )
    target = fed(EpochAverages(RATE_HZ, 3, -0.2, 0.6, baseline, reject_uv), samples, onsets)
    np.testing.assert_allclose(target.times_s, epochs.times)
    for label in "ab":
        expected = epochs[label].average()
        np.testing.assert_allclose(target.mean(label, [0, 1, 2]).T, expected.data * 1e6, atol=1e-9)
        assert target.counts(label)[0] == expected.nave
    assert target.counts("b")[1] == (0 if reject_uv is None else 1)


def test_the_interval_is_students() -> None:
    rng = np.random.default_rng(1)
    epochs = rng.normal(0, 5, (12, 21, 2))
    target = EpochAverages(20.0, 2, 0.0, 1.0)
    for epoch in epochs:
        target.add("x", epoch)
    low, high = stats.t.interval(0.95, 11, epochs.mean(axis=0), stats.sem(epochs, axis=0))
    np.testing.assert_allclose(target.mean("x", [0, 1]) - target.half_interval("x", [0, 1]), low)
    np.testing.assert_allclose(target.mean("x", [0, 1]) + target.half_interval("x", [0, 1]), high)


def test_an_epoch_with_a_hole_is_rejected_and_one_gives_no_interval() -> None:
    target = EpochAverages(10.0, 2, -0.5, 0.5)
    epoch = np.zeros((11, 2))
    epoch[4, 1] = np.nan
    assert not target.add("x", epoch)
    assert np.isnan(target.mean("x", [0, 1])).all()
    assert target.add("x", np.ones((11, 2)))
    assert target.counts("x") == (1, 1)
    assert (target.mean("x", [0, 1]) == 1).all()
    assert np.isnan(target.half_interval("x", [0, 1])).all()
    assert target.counts("unseen") == (0, 0)
    assert target.labels == ("x",)


def test_only_watched_channels_reject() -> None:
    epoch = np.zeros((11, 2))
    epoch[5, 1] = 1000
    assert EpochAverages(10.0, 2, -0.5, 0.5, reject_uv=100, watched=[0]).add("x", epoch)
    assert not EpochAverages(10.0, 2, -0.5, 0.5, reject_uv=100).add("x", epoch)
