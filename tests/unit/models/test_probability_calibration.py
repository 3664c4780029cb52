"""Probabilities that can be believed: Platt, temperature, threshold, abstention, and how calibration is measured."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.metrics import balanced_accuracy_score, brier_score_loss

from models.calibration import (
    LogisticCalibration,
    TemperatureCalibration,
    best_threshold,
    brier_score,
    expected_calibration_error,
    is_unsure,
    softmax,
)
from pipelines.errors import CheckpointInvalid, ModelError

finite = st.floats(-1e3, 1e3)


def drawn(slope: float, offset: float, n: int = 4000, seed: int = 0):
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 2, n)
    return scores, (rng.random(n) < expit(slope * scores + offset)).astype(int)


def test_platt_recovers_the_true_slope_and_offset() -> None:
    found = LogisticCalibration.fit(*drawn(1.7, -0.6))
    assert found.slope == pytest.approx(1.7, abs=0.15)
    assert found.offset == pytest.approx(-0.6, abs=0.15)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_platt_is_the_optimum_of_its_loss(scale: float) -> None:
    scores, labels = drawn(0.8, 0.3, n=300)
    positive, negative = labels.sum(), (1 - labels).sum()
    targets = np.where(labels == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(theta):
        z = theta[0] * scores + theta[1]
        return np.sum(np.logaddexp(0, z) - targets * z)

    wanted = minimize(loss, [0, 0], method="BFGS", options={"gtol": 1e-7}).x
    found = LogisticCalibration.fit(scores * scale, labels)
    assert [found.slope * scale, found.offset] == pytest.approx(wanted, rel=1e-4)


@given(st.integers(1, 20), st.integers(1, 20), st.floats(1e-3, 1e3))
@settings(max_examples=30, deadline=None)
def test_platt_stays_finite_on_separable_scores(n_first: int, n_second: int, distance: float) -> None:
    scores = np.r_[np.full(n_first, -distance), np.full(n_second, distance)]
    found = LogisticCalibration.fit(scores, np.r_[np.zeros(n_first), np.ones(n_second)])
    p = found.apply(scores)
    assert p[0] == pytest.approx(1 / (n_first + 2), abs=1e-6)
    assert p[-1] == pytest.approx((n_second + 1) / (n_second + 2), abs=1e-6)


def test_scores_that_point_the_wrong_way_are_refused() -> None:
    scores, labels = drawn(1.0, 0.0, n=200)
    with pytest.raises(ModelError, match="order of the classes"):
        LogisticCalibration.fit(-scores, labels)


@pytest.mark.parametrize(
    ("scores", "labels", "named"),
    [
        ([1.0, 2.0], [1, 1], r"both present, got \[1\]"),
        ([1.0, 2.0], [0, 2], r"got \[0, 2\]"),
        ([1.0, np.nan], [0, 1], "finite scores"),
        ([1.0, 2.0, 3.0], [0, 1], r"\(3,\) and \(2,\)"),
        ([], [], "both present"),
    ],
)
def test_what_cannot_be_fitted_is_refused(scores, labels, named) -> None:
    for fit in (LogisticCalibration.fit, best_threshold):
        with pytest.raises(ModelError, match=named):
            fit(scores, labels)


@given(st.floats(1e-3, 1e3), finite, finite)
@settings(max_examples=100)
def test_p_is_a_half_at_the_threshold_and_grows_with_the_score(slope: float, score: float, other: float) -> None:
    calibration = LogisticCalibration(slope, 3.0).with_threshold(score)
    assert calibration.slope == slope
    assert calibration.threshold == pytest.approx(score)
    assert calibration.apply(score) == pytest.approx(0.5)
    assert (calibration.apply(other) - 0.5) * (other - score) >= 0
    assert 0 <= calibration.apply(other) <= 1


def test_apply_is_the_logistic_function_and_never_overflows() -> None:
    scores = np.array([[-1e9, -3.0], [0.0, 1e9]])
    with np.errstate(all="raise", under="ignore"):
        assert LogisticCalibration(2.0, 1.0).apply(scores) == pytest.approx(expit(2 * scores + 1))


@given(st.floats(1e-3, 1e3), finite)
@settings(max_examples=30)
def test_tables_come_back_as_they_went(slope: float, offset: float) -> None:
    logistic, temperature = LogisticCalibration(slope, offset), TemperatureCalibration(slope)
    assert LogisticCalibration.from_dict(json.loads(json.dumps(logistic.to_dict()))) == logistic
    assert TemperatureCalibration.from_dict(json.loads(json.dumps(temperature.to_dict()))) == temperature


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({"slope": 1.0}, "card: needs the keys slope and offset, has slope"),
        ({}, "has none"),
        ({"slope": 1.0, "offset": 0.0, "extra": 1}, "extra"),
        ({"slope": "1", "offset": 0.0}, "card: slope = '1'"),
        ({"slope": 1.0, "offset": float("nan")}, "card: offset = nan"),
        ({"slope": -1.0, "offset": 0.0}, "slope = -1.0: must be positive"),
    ],
)
def test_wrong_logistic_tables_are_refused(table, named) -> None:
    with pytest.raises(CheckpointInvalid, match=named):
        LogisticCalibration.from_dict(table, "card")


@pytest.mark.parametrize("table", [{}, {"temperature": 0.0}, {"temperature": True}, {"temperature": 1.0, "x": 1}])
def test_wrong_temperature_tables_are_refused(table) -> None:
    with pytest.raises(CheckpointInvalid, match="card: "):
        TemperatureCalibration.from_dict(table, "card")


@pytest.mark.parametrize("true", [0.3, 1.0, 4.0])
def test_temperature_is_recovered_and_keeps_the_winner(true: float) -> None:
    rng = np.random.default_rng(1)
    honest = rng.normal(0, 2, (6000, 4))
    labels = np.array([rng.choice(4, p=p) for p in softmax(honest)])
    found = TemperatureCalibration.fit(honest * true, labels)
    assert found.temperature == pytest.approx(true, rel=0.1)
    p = found.apply(honest * true)
    assert np.array_equal(p.argmax(1), honest.argmax(1))
    assert p.sum(1) == pytest.approx(1.0)


def test_temperature_is_a_minimum_of_the_loss() -> None:
    rng = np.random.default_rng(2)
    z, y = rng.normal(0, 3, (200, 3)), rng.integers(0, 3, 200)

    def loss(t: float) -> float:
        return -float(np.log(softmax(z / t)[np.arange(200), y]).mean())

    # Labels that have nothing to do with the logits: the best temperature is the highest one.
    best = TemperatureCalibration.fit(z + 2 * np.eye(3)[y], y).temperature
    z = z + 2 * np.eye(3)[y]
    assert loss(best) <= min(loss(best * 1.01), loss(best / 1.01))


@pytest.mark.parametrize(("logits", "labels"), [([[1.0, 2.0]], [2]), ([[1.0, 2.0]], [-1])])
def test_labels_that_are_no_class_are_refused(logits, labels) -> None:
    with pytest.raises(ModelError, match="between 0 and 1"):
        TemperatureCalibration.fit(logits, labels)


def test_logits_of_a_wrong_shape_are_refused() -> None:
    with pytest.raises(ModelError, match=r"\(2,\) and \(2,\)"):
        TemperatureCalibration.fit([1.0, 2.0], [0, 1])


def test_softmax_of_huge_logits() -> None:
    assert softmax([1e6, 0.0, 1e6]) == pytest.approx([0.5, 0.0, 0.5])


@given(st.lists(st.tuples(st.integers(-8, 8), st.integers(0, 1)), min_size=2, max_size=30))
@settings(max_examples=100, deadline=None)
def test_no_threshold_has_a_better_balanced_accuracy(pairs: list[tuple[int, int]]) -> None:
    scores, labels = (np.array(part, dtype=float) for part in zip(*pairs, strict=True))
    labels[:2] = [0, 1]
    got = balanced_accuracy_score(labels, scores >= best_threshold(scores, labels))
    if len(set(scores)) > 1:
        between = (np.unique(scores)[1:] + np.unique(scores)[:-1]) / 2
        assert got == pytest.approx(max(balanced_accuracy_score(labels, scores >= cut) for cut in between))
    else:
        assert got == 0.5


def test_threshold_lies_in_the_middle_of_the_gap() -> None:
    assert best_threshold([0.0, 1.0, 3.0, 9.0], [0, 0, 1, 1]) == 2.0


@pytest.mark.parametrize(
    ("p", "band", "unsure"),
    [([0.5, 0.5], 0.0, False), ([0.55, 0.45], 0.2, True), ([0.7, 0.3], 0.2, False), ([0.4, 0.35, 0.25], 0.1, True)],
)
def test_abstention_band(p, band, unsure) -> None:
    assert is_unsure(p, band) is unsure


def test_brier_score_is_that_of_scikit_learn() -> None:
    scores, labels = drawn(1.0, 0.0, n=500)
    assert brier_score(expit(scores), labels) == pytest.approx(brier_score_loss(labels, expit(scores)))


def test_calibration_error_by_hand() -> None:
    # Two bins: p .25 observed 1/2 (four windows), p .75 observed 1 (two): (4 * .25 + 2 * .25) / 6.
    p, labels = [0.25, 0.25, 0.25, 0.25, 0.75, 0.75], [0, 1, 0, 1, 1, 1]
    assert expected_calibration_error(p, labels, n_bins=2) == pytest.approx(0.25)
    assert expected_calibration_error([0.0, 1.0], [0, 1]) == 0.0
    assert expected_calibration_error([1.0, 0.0], [0, 1]) == 1.0


def test_calibration_error_falls_when_calibrated() -> None:
    scores, labels = drawn(0.4, -1.0)
    held_out_scores, held_out = drawn(0.4, -1.0, seed=9)
    found = LogisticCalibration.fit(scores, labels)
    assert expected_calibration_error(expit(held_out_scores), held_out) > 0.1
    assert expected_calibration_error(found.apply(held_out_scores), held_out) < 0.04
