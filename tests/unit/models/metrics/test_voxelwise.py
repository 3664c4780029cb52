"""Correlation, explained variance and ceilings of units, correlation of patterns, intervals over stimuli."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.metrics import patterns, voxelwise
from models.metrics.bootstrap import over_stimuli


@given(seed=st.integers(0, 10**6))
def test_correlation_is_numpys_and_does_not_see_scale(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, predicted = rng.standard_normal((2, 30, 4))
    expected = [np.corrcoef(truth[:, i], predicted[:, i])[0, 1] for i in range(4)]
    np.testing.assert_allclose(voxelwise.correlation(truth, predicted), expected, atol=1e-12)
    np.testing.assert_allclose(voxelwise.correlation(truth, 3 * predicted + 5), expected, atol=1e-12)


def test_a_constant_predicts_nothing() -> None:
    truth = np.random.default_rng(0).standard_normal((30, 4)) + 10
    constant = np.broadcast_to(truth.mean(axis=0), truth.shape)
    assert (voxelwise.correlation(truth, constant) == 0).all()
    np.testing.assert_allclose(voxelwise.r_squared(truth, constant), 0, atol=1e-12)
    np.testing.assert_allclose(voxelwise.r_squared(truth, truth), 1)


def test_a_constant_looks_good_by_pattern_and_nothing_is_left_after_the_mean() -> None:
    rng = np.random.default_rng(0)
    static = rng.standard_normal(500)
    truth = static + 0.8 * rng.standard_normal((40, 500))
    constant = np.broadcast_to(static, truth.shape)
    assert patterns.pattern_correlation(truth, constant).mean() > 0.7
    assert (patterns.excess(truth, constant, static) == 0).all()
    assert "inflated" in patterns.CAUTION


def test_ceilings_are_those_of_the_formula() -> None:
    ncsnr = np.array([0.0, 0.5, 1.0, np.nan])
    np.testing.assert_allclose(voxelwise.noise_ceiling(ncsnr, 3), [0, 0.25 / (0.25 + 1 / 3), 0.75, np.nan])
    over = voxelwise.over_ceiling(np.full(4, 0.5), ncsnr, 3)
    np.testing.assert_allclose(over, [np.nan, 0.5 / np.sqrt(0.25 / (0.25 + 1 / 3)), 0.5 / np.sqrt(0.75), np.nan])


def test_the_covariance_of_trials_is_without_bias() -> None:
    rng = np.random.default_rng(0)
    mixing = rng.standard_normal((3, 3))
    stimuli = np.repeat(np.arange(20_000).astype(str), 2)
    values = np.repeat(rng.standard_normal((20_000, 3)), 2, axis=0) + rng.standard_normal((40_000, 3)) @ mixing
    np.testing.assert_allclose(voxelwise.trial_covariance(values, stimuli), mixing.T @ mixing, atol=0.1)
    assert np.isnan(voxelwise.ncsnr_of(values[::2], stimuli[::2])).all()


def test_an_interval_over_stimuli_holds_what_it_should() -> None:
    """Of the mean of a normal variable it is about ± 1.96 standard errors."""
    values = np.random.default_rng(0).standard_normal(400)
    low, high = over_stimuli(lambda x: float(x.mean()), values, n_draws=2000)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 / 20, rel=0.1)
