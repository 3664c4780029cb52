"""Alignment to rest: what it undoes, and that it follows a drift."""

from __future__ import annotations

import numpy as np
import pytest

from models.alignment import LEVEL_UV, RestAlignment
from models.window_features import oas_covariances


def windows(mixing: np.ndarray, n: int = 40, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (mixing @ rng.standard_normal((n, 4, 400)) * 15.0).astype(np.float32)


def mixing(seed: int = 3) -> np.ndarray:
    return np.eye(4) + 0.4 * np.random.default_rng(seed).standard_normal((4, 4))


@pytest.mark.parametrize("kind", ["euclid", "riemann"])
def test_rest_becomes_white_at_an_ordinary_level(kind) -> None:
    rest = windows(mixing())
    aligned = RestAlignment.of(kind, rest)(rest)
    assert aligned.shape == rest.shape
    mean = oas_covariances(aligned).mean(axis=0)
    # Short of white by the share of the identity that keeps missing directions quiet.
    assert np.abs(mean - LEVEL_UV**2 * np.eye(4)).max() < 0.25 * LEVEL_UV**2
    assert abs(mean[0, 1]) < abs(oas_covariances(rest).mean(axis=0)[0, 1])


@pytest.mark.parametrize("kind", ["euclid", "riemann"])
def test_amplitude_is_undone(kind) -> None:
    rest, task = windows(mixing()), windows(mixing(), 5, seed=1)
    quiet = RestAlignment.of(kind, rest)(task)
    loud = RestAlignment.of(kind, 10 * rest)(10 * task)
    np.testing.assert_allclose(loud, quiet, rtol=1e-3, atol=1e-3)


def test_means_differ_where_windows_differ_in_strength() -> None:
    rest = windows(mixing()) * np.exp(np.random.default_rng(0).normal(0, 1.0, (40, 1, 1))).astype(np.float32)
    euclid, riemann = (RestAlignment.of(kind, rest)(rest).std() for kind in ("euclid", "riemann"))
    # The arithmetic mean is that of the loudest windows.
    assert euclid < 0.8 * riemann


@pytest.mark.parametrize("kind", ["euclid", "riemann"])
def test_a_moving_reference_follows_the_person(kind) -> None:
    alignment = RestAlignment.of(kind, windows(mixing()))
    louder = 3 * windows(mixing(), 30, seed=2)
    before = alignment(louder[-1]).std()
    for window in louder:
        alignment = alignment.moved(window, 0.2)
    after = alignment(louder[-1]).std()
    assert before > 2.5 * LEVEL_UV
    assert after == pytest.approx(LEVEL_UV, rel=0.25)
    still = RestAlignment.of(kind, windows(mixing()))
    np.testing.assert_allclose(still.moved(louder[0], 0.0)(louder[0]), still(louder[0]), rtol=1e-3)
