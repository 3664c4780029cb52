"""Tables of voxels and trials, splits that cannot leak, scaling that does not peep."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.fmri.features import Features, assert_same_rows, order_hash
from models.fmri.responses import Responses, Trials, Voxels
from models.fmri.session_scaling import SessionScaling
from models.fmri.splits import Split
from pipelines.errors import ConfigError, DataLeak, ModelError, RecordingError


def _responses(n_stimuli: int = 20, n_repeats: int = 3, n_voxels: int = 5, n_sessions: int = 3) -> Responses:
    rng = np.random.default_rng(0)
    stimulus = rng.permutation(np.repeat([f"s{i}" for i in range(n_stimuli)], n_repeats))
    n = len(stimulus)
    session = (np.arange(n) * n_sessions // n).astype(str)
    start = np.arange(n) * 4.0
    trials = Trials.of(stimulus, session, start, start + 3.0)
    voxels = Voxels.of(["V1"] * 3 + ["V2"] * (n_voxels - 3))
    return Responses("1", voxels, trials, rng.standard_normal((n, n_voxels)).astype(np.float32))


def test_tables_that_do_not_fit_the_values_are_refused() -> None:
    whole = _responses()
    with pytest.raises(RecordingError, match="subject 1: responses are"):
        replace(whole, values=whole.values[:-1])
    with pytest.raises(RecordingError, match="table of 2 trials"):
        Trials.of(["a", "b"], "1", [0.0])
    with pytest.raises(RecordingError, match="table of 2 voxels"):
        Voxels.of(["a", "b"], np.zeros((3, 3)))


def test_trials_are_addressed_by_interval_and_voxels_by_region() -> None:
    whole = _responses()
    rows = whole.trials.within("1", 80.0, 100.0)
    assert whole.trials.start_s[rows].tolist() == [80.0, 84.0, 88.0, 92.0, 96.0]
    part = whole.of_trials(rows).of_voxels(whole.voxels.roi == "V2")
    assert part.values.shape == (5, 2)
    assert part.voxels.rois == ("V2",)


def test_stimulus_means_weigh_by_what_a_row_is_the_mean_of() -> None:
    trials = Trials.of(["b", "a", "b"], n_averaged=[1, 2, 3])
    values = np.array([[0.0], [5.0], [4.0]], dtype=np.float32)
    found = Responses("1", Voxels.of([""]), trials, values).stimulus_means()
    assert found.trials.stimulus.tolist() == ["b", "a"]
    assert found.trials.n_averaged.tolist() == [4, 2]
    assert found.values.ravel().tolist() == [3.0, 5.0]


@given(seed=st.integers(0, 10**6), n=st.integers(4, 30), validation=st.sampled_from([0.0, 0.1, 0.3]))
def test_a_drawn_split_never_leaks_and_takes_every_trial(seed: int, n: int, validation: float) -> None:
    trials = _responses(n).trials
    split = Split.by_stimulus(trials, validation=validation, seed=seed)
    split.check(trials)
    together = np.concatenate([split.train, split.validation, split.test])
    assert sorted(together.tolist()) == list(range(len(trials)))
    assert len(split.test)
    assert len(split.train)


def test_a_split_that_leaks_cannot_be_made_and_none_can_be_changed() -> None:
    trials = _responses().trials
    test = np.zeros(len(trials), dtype=bool)
    test[0] = True  # its repeats stay in training
    with pytest.raises(DataLeak, match="stimulus 's"):
        Split.of(trials, ~test, test, np.zeros_like(test), "stimulus")
    with pytest.raises(DataLeak, match="trial 0 is in train and in test"):
        Split.of(trials, np.ones_like(test), test, np.zeros_like(test), "stimulus")
    split = Split.by_session(trials, validation=0.0)
    with pytest.raises(ValueError, match="read-only"):
        split.train[0] = 1
    with pytest.raises(DataLeak, match="session"):
        split.check(Trials.of(trials.stimulus, "1"))


def test_too_few_stimuli_are_refused() -> None:
    with pytest.raises(ConfigError, match="too few"):
        Split.by_stimulus(Trials.of(["a", "b"]), test=0.5, validation=0.5)


def test_scaling_learns_from_training_trials_alone() -> None:
    whole = _responses()
    train = np.arange(0, len(whole.trials), 2)
    values = whole.values.copy()
    values[1::2] += 100.0
    scaling, tampered = SessionScaling.fit(whole, train), SessionScaling.fit(replace(whole, values=values), train)
    for name, found in scaling.statistics.items():
        assert (found == tampered.statistics[name]).all()
    z = scaling(whole)
    assert z.unit == "z"
    for session in np.unique(whole.trials.session):
        rows = train[whole.trials.session[train] == session]
        np.testing.assert_allclose(z.values[rows].mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(z.values[rows].std(axis=0), 1, atol=1e-5)


def test_a_session_without_training_trials_is_scaled_by_all_and_a_flat_voxel_stays_finite() -> None:
    whole = _responses()
    values = whole.values.copy()
    values[:, 0] = 3.0
    flat = replace(whole, values=values)
    train = np.flatnonzero(whole.trials.session != "2")
    z = SessionScaling.fit(flat, train)(flat)
    assert (z.values[:, 0] == 0).all()
    np.testing.assert_allclose(z.values[train].mean(axis=0), 0, atol=1e-5)
    assert np.isfinite(z.values).all()
    with pytest.raises(ModelError, match="two are needed"):
        SessionScaling.fit(whole, train[:1])


def test_features_belong_to_stimuli_by_name() -> None:
    features = Features(np.array(["c", "a", "b"]), np.arange(6.0).reshape(3, 1, 2), "test 1")
    assert features.tokens_of(np.array(["a", "c", "a"])).ravel().tolist() == [2, 3, 0, 1, 2, 3]
    assert features.flat.shape == (3, 2)
    with pytest.raises(RecordingError, match="no features of stimulus 'd'"):
        features.tokens_of(np.array(["a", "d"]))
    with pytest.raises(RecordingError, match="two rows"):
        Features(np.array(["a", "a"]), np.zeros((2, 1, 1)), "test 1")


def test_rows_in_another_order_are_noticed() -> None:
    assert_same_rows(["a", "b"], np.array(["a", "b"]))
    assert order_hash(["a", "b"]) != order_hash(["ab"])
    with pytest.raises(RecordingError, match="row 1 is 'b' in one and 'c' in the other"):
        assert_same_rows(["a", "b", "c"], ["a", "c", "b"])
    with pytest.raises(RecordingError, match="3 and 2 rows"):
        assert_same_rows(["a", "b", "c"], ["a", "b"])
