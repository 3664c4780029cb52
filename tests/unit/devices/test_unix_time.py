from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.clock import now_s
from devices.unix_time import SLEW, UnixToLsl


class Clocks:
    """A LSL clock and a UNIX clock that are set by hand."""

    def __init__(self) -> None:
        self.lsl_s, self.offset_s = 100.0, -1000.0

    def make(self, of_now: bool = True) -> UnixToLsl:
        return UnixToLsl(of_now, measure=lambda: self.offset_s, clock=lambda: self.lsl_s)

    @property
    def unix_s(self) -> float:
        return self.lsl_s - self.offset_s


def test_stamps_of_the_real_clock_arrive_at_now() -> None:
    before_s = now_s()
    mapped = UnixToLsl().map(np.array([time.time()]))
    assert before_s - 0.01 <= mapped[0] <= now_s()


@given(st.lists(st.floats(-50, 50), max_size=30))
def test_times_never_decrease_and_never_lie_in_the_future(jitter_s: list[float]) -> None:
    clocks = Clocks()
    clock = clocks.make()
    last_s = -np.inf
    for offset_s in jitter_s:
        clocks.lsl_s += 0.5
        mapped = clock.map(clocks.unix_s + np.array([offset_s, 0.0, -offset_s]))
        assert mapped[0] >= last_s
        assert (np.diff(mapped) >= 0).all()
        assert mapped[-1] <= clocks.lsl_s
        last_s = mapped[-1]


def test_small_changes_of_the_offset_are_followed_slowly() -> None:
    clocks = Clocks()
    clock = clocks.make()
    clocks.lsl_s, clocks.offset_s = 110.0, -1000.02
    clock.map(np.zeros(0))
    assert clock.offset_s == pytest.approx(-1000 - 10 * SLEW)


def test_a_step_of_the_unix_clock_is_followed_at_once() -> None:
    clocks = Clocks()
    clock = clocks.make()
    clocks.lsl_s, clocks.offset_s = 102.0, -4600.0
    assert clock.map(np.array([clocks.unix_s]))[0] == pytest.approx(102.0)


def test_the_offset_is_not_measured_at_every_read() -> None:
    clocks = Clocks()
    clock = clocks.make()
    clocks.lsl_s, clocks.offset_s = 100.5, -1000.04
    clock.map(np.zeros(0))
    assert clock.offset_s == -1000.0


def test_old_stamps_keep_their_first_offset() -> None:
    clocks = Clocks()
    clock = clocks.make(of_now=False)
    clocks.lsl_s, clocks.offset_s = 200.0, -5000.0
    np.testing.assert_allclose(clock.map(np.array([500.0, 500.5])), [-500.0, -499.5])
