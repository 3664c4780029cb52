"""Intervals, paired comparisons and corrections, against SciPy and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import permutation_test

from models.statistics import EXACT_UP_TO, compare, holm, interval, sign_flip_p, transfer_score


def test_interval_holds_the_mean_and_shrinks_with_people() -> None:
    rng = np.random.default_rng(1)
    few, many = rng.normal(0.8, 0.1, 8), rng.normal(0.8, 0.1, 128)
    for values in (few, many):
        low, high = interval(values)
        assert low < values.mean() < high
        assert high - low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(len(values)), rel=0.15)
    assert interval(few) == interval(few)


def test_one_person_has_no_interval() -> None:
    assert np.isnan(interval(np.array([0.9]))).all()


@pytest.mark.parametrize("n", [6, EXACT_UP_TO, EXACT_UP_TO + 8])
def test_sign_flips_agree_with_scipy(n: int) -> None:
    delta = np.random.default_rng(n).normal(0.3, 1.0, n)
    expected = permutation_test(
        (delta,), np.mean, permutation_type="samples", n_resamples=20000 if n > EXACT_UP_TO else np.inf, rng=0
    ).pvalue
    assert sign_flip_p(delta) == pytest.approx(expected, abs=0.015 if n > EXACT_UP_TO else 1e-12)


def test_the_smallest_p_of_six_people_is_two_in_sixty_four() -> None:
    assert sign_flip_p(np.full(6, 0.1)) == pytest.approx(2 / 64)
    assert sign_flip_p(np.zeros(6)) == 1.0
    assert np.isnan(sign_flip_p(np.array([1.0])))


def test_false_alarms_come_as_often_as_stated() -> None:
    rng = np.random.default_rng(0)
    alarms = np.mean([sign_flip_p(rng.normal(size=10)) < 0.05 for _ in range(400)])
    assert 0.02 < alarms < 0.09


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, float("nan"), 0.9]) == pytest.approx([1.0, float("nan"), 1.0], nan_ok=True)


def test_compare_pairs_people_and_leaves_out_those_without_a_value() -> None:
    first = np.array([0.9, 0.8, 0.7, np.nan, 0.9])
    second = np.array([0.6, 0.7, 0.8, 0.5, 0.5])
    found = compare({("a", "b"): (first, second), ("b", "a"): (second, first)})
    assert found["a", "b"].n == 4
    assert found["a", "b"].wins == 3
    assert found["a", "b"].difference == pytest.approx(0.175)
    assert found["b", "a"].difference == pytest.approx(-0.175)
    assert found["a", "b"].low < 0.175 < found["a", "b"].high
    assert found["a", "b"].p_adjusted == pytest.approx(min(1.0, 2 * found["a", "b"].p))


def test_transfer_score_has_the_sign_of_the_gain() -> None:
    assert transfer_score(0.8, 0.6) == pytest.approx(0.5 * (0.2 / 0.6 + 0.2 / 0.4))
    assert transfer_score(0.5, 0.6) < 0
    assert transfer_score(0.6, 0.6) == 0
    assert np.isnan(transfer_score(0.9, 1.0))
