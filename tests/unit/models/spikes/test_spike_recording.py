"""Recordings by interval: slices of slices, counts, trials, splits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.dataset import Trial
from models.spikes.recording import Recording, Series, SpikeTimes, from_trains
from models.spikes.splits import Split, assert_apart, names_of, split
from models.spikes.trial_set import TrialSet, cut
from models.spikes.units import Units
from pipelines.errors import ConfigError, DataLeak, RecordingError

BOUND = st.integers(-5, 105).map(lambda tenth: tenth / 10)


def recording(seed: int = 0, n_units: int = 4) -> Recording:
    luck = np.random.default_rng(seed)
    trains = [np.sort(luck.uniform(0, 10, 50)) for _ in range(n_units)]
    velocity = Series(luck.standard_normal((500, 2)).astype(np.float32), 50.0)
    trials = tuple(Trial(float(k), k + 0.8, f"direction {k % 3}") for k in range(10))
    units = Units.anonymous("a", "1", n_units)
    return Recording(units, from_trains(trains), 0.0, 10.0, {"velocity": velocity}, trials)


def same(a: Recording, b: Recording) -> bool:
    assert isinstance(a.activity, SpikeTimes)
    assert isinstance(b.activity, SpikeTimes)
    return (
        np.array_equal(a.activity.times_s, b.activity.times_s)
        and np.array_equal(a.activity.unit, b.activity.unit)
        and np.array_equal(a.covariates["velocity"].values, b.covariates["velocity"].values)
        and np.array_equal(a.covariates["velocity"].times_s, b.covariates["velocity"].times_s)
        and a.trials == b.trials
    )


@given(BOUND, BOUND, BOUND, BOUND)
def test_a_slice_of_a_slice_is_the_slice_of_what_both_hold(a: float, b: float, c: float, d: float) -> None:
    whole = recording()
    low, high = max(a, c), min(b, d)
    assert same(whole.between(a, b).between(c, d), whole.between(c, d).between(a, b))
    if a <= b and c <= d and low <= high:
        assert same(whole.between(a, b).between(c, d), whole.between(low, high))


@given(BOUND)
def test_two_sides_of_a_cut_hold_every_spike_and_sample_once(at: float) -> None:
    whole = recording()
    left, right = whole.between(-1, at), whole.between(at, 11)
    times = [part.activity.times_s for part in (left, right) if isinstance(part.activity, SpikeTimes)]
    assert isinstance(whole.activity, SpikeTimes)
    np.testing.assert_array_equal(np.concatenate(times), whole.activity.times_s)
    values = [part.covariates["velocity"].values for part in (left, right)]
    np.testing.assert_array_equal(np.concatenate(values), whole.covariates["velocity"].values)


@given(st.integers(1, 40), st.integers(1, 5))
def test_counts_of_fine_bins_sum_to_those_of_coarse_ones(n_bins: int, times: int) -> None:
    whole = recording()
    fine = whole.counts(1.0, n_bins * times, 0.02)
    coarse = whole.counts(1.0, n_bins, 0.02 * times)
    np.testing.assert_array_equal(fine.reshape(n_bins, times, -1).sum(axis=1), coarse)


def test_every_spike_is_counted_once_in_the_bin_it_lies_in() -> None:
    units = Units.anonymous("a", "1", 2)
    whole = Recording(units, from_trains([np.array([0.0, 0.05, 0.0999]), np.array([0.1])]), 0.0, 0.2)
    np.testing.assert_array_equal(whole.counts(0.0, 2, 0.1), [[3, 0], [0, 1]])


def test_binned_recordings_count_like_their_spikes() -> None:
    whole = recording()
    binned = replace(whole, activity=Series(whole.counts(0.0, 1000, 0.01), 100.0))
    np.testing.assert_array_equal(binned.counts(2.0, 30, 0.05), whole.counts(2.0, 30, 0.05))
    with pytest.raises(RecordingError, match="no multiple"):
        binned.counts(2.0, 30, 0.015)


def test_bins_outside_the_recording_are_refused() -> None:
    with pytest.raises(RecordingError, match="outside the recording"):
        recording().counts(9.0, 30, 0.05)


@pytest.mark.parametrize(
    ("times", "unit"), [([0.2, 0.1], [0, 0]), ([0.1], [4]), ([0.1], [-1])], ids=["order", "unknown", "negative"]
)
def test_spikes_that_cannot_be_are_refused(times: list[float], unit: list[int]) -> None:
    with pytest.raises(RecordingError):
        Recording(Units.anonymous("a", "1", 4), SpikeTimes(np.array(times), np.array(unit)), 0.0, 1.0)


def test_cut_averages_covariates_and_keeps_conditions() -> None:
    whole = recording()
    trials = cut(whole, 0.04, 10, from_s=0.1)
    assert trials.labels.tolist() == [str(t.label) for t in whole.trials]
    at = whole.covariates["velocity"]
    first = (at.times_s >= 0.1 - 1e-9) & (at.times_s < 0.14 - 1e-9)
    np.testing.assert_allclose(trials.covariates["velocity"][0, 0], at.values[first].mean(axis=0), rtol=1e-5)
    with pytest.raises(RecordingError, match="no trial has"):
        cut(whole, 1.0, 20)


def test_an_unlabelled_set_holds_activity_alone() -> None:
    trials = cut(recording(), 0.05, 10)
    bare = trials.unlabelled()
    assert not bare.covariates
    assert not bare.truth
    assert set(bare.labels) == {""}
    assert bare.counts is trials.counts


def test_units_have_one_name_each() -> None:
    with pytest.raises(RecordingError, match="occur twice"):
        Units("a", "1", ("x", "x"), np.zeros((2, 3), np.float32), np.empty((2, 0), np.float32))


def sessions() -> list[TrialSet]:
    found = []
    for subject in ("a", "b", "c"):
        made = cut(recording(), 0.05, 10)
        found.append(replace(made, units=replace(made.units, subject=subject)))
    return found


@given(st.sampled_from(["subject", "trial", "label"]), st.integers(0, 20))
def test_a_drawn_split_shares_nothing_and_loses_nothing(by: str, seed: int) -> None:
    every = sessions()
    drawn = split(every, by, test=0.3, validation=0.2, seed=seed)  # type: ignore[arg-type]
    sides = [drawn.of(side, every) for side in ("train", "validation", "test")]  # type: ignore[arg-type]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert_apart(sides[one], sides[other], drawn.by)
    assert sum(t.n_trials for side in sides for t in side) == sum(t.n_trials for t in every)


def test_a_name_on_two_sides_is_a_leak() -> None:
    with pytest.raises(DataLeak, match="on two sides: a"):
        Split("subject", frozenset("ab"), frozenset("ac"))
    with pytest.raises(ConfigError):
        Split("subject", frozenset(), frozenset("a"))
    every = sessions()
    with pytest.raises(DataLeak, match="stand on both sides"):
        assert_apart(every[:2], every[1:], "session")
    assert len(set(names_of(every[0], "trial"))) == every[0].n_trials
