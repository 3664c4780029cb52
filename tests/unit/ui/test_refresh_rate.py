"""Whether frames follow a screen, from their times alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ui.refresh_rate import measured

N = 100


@given(st.integers(0, 2**32 - 1), st.floats(30, 240), st.floats(-0.03, 0.03))
@settings(max_examples=50, deadline=None)
def test_frames_of_a_screen_are_locked_though_their_stamps_jitter_and_some_are_missed(
    seed: int, claimed_hz: float, off: float
) -> None:
    random, true_hz = np.random.default_rng(seed), claimed_hz * (1 + off)
    refreshes = np.delete(np.arange(N + 5), random.choice(np.arange(1, N), 5, replace=False))
    stamps_s = (refreshes + random.uniform(-0.15, 0.15, N)) / true_hz
    rate = measured(list(1000.0 + stamps_s), claimed_hz)
    assert rate.locked
    assert rate.hz == pytest.approx(true_hz, rel=2e-3)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_frames_swapped_as_fast_as_they_are_painted_are_not(seed: int) -> None:
    work_s = np.random.default_rng(seed).lognormal(np.log(1 / 60), 0.35, N)
    assert not measured(list(np.cumsum(work_s)), 60.0).locked, "at the right pace by accident"


def test_a_steady_beat_that_is_not_the_screens_is_not_locked() -> None:
    rate = measured(list(np.arange(N) / 144.0), 60.0)
    assert rate == (pytest.approx(144.0), False)
    assert not measured([1.0] * N, 60.0).locked
