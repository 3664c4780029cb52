"""Metrics of latents against closed forms, and against worlds in which the answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ortho_group

from models.metrics.attribution import attribution_auroc
from models.metrics.decoding import decoding_r2, lagged, r2_score, ridge
from models.metrics.identifiability import mcc
from models.metrics.latent_alignment import (
    agreement,
    cleaned,
    permutation_p,
    pooled_r,
    rotated_onto,
    rotation_aligned_r,
)
from models.metrics.leak import leak_matrix
from models.metrics.spike_metrics import bits_per_spike, co_smoothing, poisson_log_likelihood
from pipelines.errors import ModelError

SEEDS = st.integers(0, 10_000)


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


@given(SEEDS)
@settings(max_examples=15)
def test_what_is_cleaned_knows_neither_time_course_nor_global_rate(seed: int) -> None:
    rate = noise(seed, 12, 9)
    found = cleaned(noise(seed + 1, 12, 9, 3) + 5 * noise(seed + 2, 1, 9, 3) + 2 * rate[..., None], rate)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-12)
    centred = rate - rate.mean(axis=0)
    np.testing.assert_allclose(np.einsum("ib,ibk->k", centred, found), 0, atol=1e-9)


def test_populations_that_share_gain_and_time_course_alone_agree_in_nothing() -> None:
    rate, course = noise(0, 60, 20), 3 * noise(1, 1, 20, 2)
    a, b = (course + rate[..., None] + 0.3 * noise(seed, 60, 20, 2) for seed in (2, 3))
    assert agreement(a, b).paired > 0.9
    assert abs(agreement(cleaned(a, rate), cleaned(b, rate)).difference) < 0.1
    assert permutation_p(cleaned(a, rate), cleaned(b, rate), n_draws=99) > 0.05


@given(SEEDS)
@settings(max_examples=15)
def test_latents_agree_with_themselves_and_lose_by_noise_as_they_should(seed: int) -> None:
    a = noise(seed, 40, 30, 2)
    assert agreement(a, a).paired == pytest.approx(1)
    assert pooled_r(a, a) == pytest.approx(1)
    assert pooled_r(a, a + noise(seed + 1, 40, 30, 2)) == pytest.approx(np.sqrt(0.5), abs=0.06)
    assert abs(agreement(a, a).unpaired) < 0.05


def test_false_positives_of_the_block_permutation_are_as_many_as_they_should_be() -> None:
    """Clips are shown four times and repetitions resemble one another: trials alone would be far too sure."""
    clip = np.repeat(np.arange(10), 4)

    def world(seed: int) -> tuple[np.ndarray, np.ndarray]:
        return tuple(noise(s, 10, 6, 1)[clip] + 0.2 * noise(s + 1, 40, 6, 1) for s in (4 * seed, 4 * seed + 2))  # type: ignore[return-value]

    worlds = [world(seed) for seed in range(120)]
    blocks = np.mean([permutation_p(a, b, clip, n_draws=39) <= 0.05 for a, b in worlds])
    trials = np.mean([permutation_p(a, b, n_draws=39) <= 0.05 for a, b in worlds])
    # Of 120 with probability .05 no more than 13 are to be expected at the .999 level.
    assert blocks <= 13 / 120
    assert trials > 2 * blocks
    a = worlds[0][0]
    assert permutation_p(a, a, clip, n_draws=39) == pytest.approx(1 / 40)


@given(SEEDS)
@settings(max_examples=15)
def test_a_rotation_is_found_and_found_only_on_other_trials(seed: int) -> None:
    matrix = ortho_group.rvs(3, random_state=seed)
    a = noise(seed, 20, 15, 3)
    found, scale = rotated_onto(a, 2.5 * a @ matrix)
    np.testing.assert_allclose(found, matrix, atol=1e-8)
    assert scale == pytest.approx(2.5)
    first, second = np.arange(10), np.arange(10, 20)
    assert rotation_aligned_r(a, a @ matrix, first, second) == pytest.approx(1)
    assert abs(rotation_aligned_r(a, noise(seed + 1, 20, 15, 3), first, second)) < 0.35


def test_r2_of_the_mean_is_zero_and_of_truth_one() -> None:
    y = noise(0, 5, 8, 2)
    assert r2_score(y, y) == 1
    assert r2_score(y, np.broadcast_to(y.mean(axis=(0, 1)), y.shape)) == pytest.approx(0)


def test_ridge_without_noise_is_exact_and_lags_stay_inside_their_trial() -> None:
    x = noise(0, 30, 10, 4)
    weights = noise(1, 4, 2)
    np.testing.assert_allclose(ridge(x, x @ weights + 3)[:-1], weights, atol=1e-3)
    shifted = lagged(x, 3)
    np.testing.assert_array_equal(shifted[:, 2:, 8:], x[:, :-2])
    assert not shifted[:, :2, 8:].any()


@pytest.mark.parametrize(("method", "least"), [("wiener", 0.9), ("gru", 0.6)])
def test_what_needs_history_is_read_with_history(method: str, least: float) -> None:
    x = noise(0, 80, 10, 2)
    y = np.zeros_like(x)
    y[:, 2:] = x[:, :-2]
    train, test = (x[:60], y[:60]), (x[60:], y[60:])
    assert decoding_r2(train, test, method) > least  # type: ignore[arg-type]
    assert decoding_r2(train, test, "ridge") < 0.05


@given(SEEDS)
@settings(max_examples=15)
def test_mcc_forgives_order_sign_scale_and_the_weak_one_every_linear_map(seed: int) -> None:
    z = noise(seed, 300, 4)
    order = np.random.default_rng(seed).permutation(4)
    assert mcc(z, -3 * z[:, order]) == pytest.approx(1)
    mixed = z @ ortho_group.rvs(4, random_state=seed)
    assert mcc(z, mixed, "weak") == pytest.approx(1)
    assert mcc(z, mixed) < 0.999
    assert mcc(z, noise(seed + 1, 300, 4)) < 0.25
    with pytest.raises(ModelError):
        mcc(z, z[:, :3])


def test_a_leak_matrix_is_diagonal_where_nothing_leaks_and_finds_what_is_bent() -> None:
    shared, private = noise(0, 600, 2), noise(1, 600, 2)
    groups = np.repeat(np.arange(60), 10)
    sources = {"shared": shared, "private": private}
    clean = leak_matrix({"c": shared @ ortho_group.rvs(2, random_state=0), "m": private}, sources, groups)
    assert min(clean["c"]["shared"], clean["m"]["private"]) > 0.95
    assert max(clean["c"]["private"], clean["m"]["shared"]) < 0.1
    # A square is told in full, and no line sees any of it.
    block, source = {"m": np.c_[private, shared[:, :1]]}, {"shared": shared[:, :1] ** 2}
    assert leak_matrix(block, source, groups, kind="linear")["m"]["shared"] < 0.1
    assert leak_matrix(block, source, groups)["m"]["shared"] > 0.8
    # Nor is what bends three times missed, which a kernel as wide as the samples reads by half.
    assert leak_matrix(block, {"shared": np.sin(3 * shared[:, :1])}, groups)["m"]["shared"] > 0.75


def test_likelihood_and_bits_of_poisson_are_those_of_the_formula() -> None:
    counts = np.array([[0.0, 1.0], [2.0, 3.0]])
    rates = np.array([[0.5, 1.0], [1.5, 2.5]])
    expected = np.sum(counts * np.log(rates) - rates) - np.log(2) - np.log(6)
    assert poisson_log_likelihood(rates, counts) == pytest.approx(expected)
    assert bits_per_spike(np.broadcast_to(counts.mean(axis=0), counts.shape), counts) == pytest.approx(0)
    assert np.isnan(bits_per_spike(rates, 0 * counts))


def test_true_rates_explain_as_many_bits_as_theory_says() -> None:
    luck = np.random.default_rng(0)
    rates = np.exp(0.8 * luck.standard_normal((20_000, 1)))
    counts = luck.poisson(rates).astype(float)
    # E[r log(r / mean)] / mean, in bits: what a spike tells of the rate (Brenner et al. 2000).
    theory = np.mean(rates * np.log2(rates / rates.mean())) / rates.mean()
    assert bits_per_spike(rates, counts) == pytest.approx(theory, abs=0.02)


def test_co_smoothing_rewards_latents_that_drive_units_and_no_others() -> None:
    luck = np.random.default_rng(0)
    z = luck.standard_normal((80, 20, 2))
    counts = luck.poisson(np.exp(z @ luck.standard_normal((2, 5)) * 0.7 - 0.5)).astype(float)
    right = co_smoothing((z[:60], counts[:60]), (z[60:], counts[60:]))
    wrong = luck.standard_normal(z.shape)
    assert right > 0.3
    assert co_smoothing((wrong[:60], counts[:60]), (wrong[60:], counts[60:])) < 0.05


def test_attribution_is_judged_by_its_order_alone() -> None:
    relevant = np.array([True, True, False, False, False])
    assert attribution_auroc(np.array([3.0, 2, 1, 0, 0]), relevant) == 1
    assert attribution_auroc(np.zeros(5), relevant) == 0.5
    with pytest.raises(ModelError):
        attribution_auroc(np.zeros(5), np.ones(5, bool))
