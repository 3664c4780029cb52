"""Stamps to times: what is jitter, what a hole, what a clock jump."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from devices.lsl_dejitter import Dejitter
from devices.lsl_timeline import Timeline

RATE_HZ = 500.0
N = 20_000
TRUE_S = 1000.0 + np.arange(N) / RATE_HZ


@dataclass
class Result:
    times_s: NDArray[np.float64]
    holes: list[tuple[int, int]]
    jumps: list[int]


def run(
    stamps: NDArray[np.float64],
    arrivals: NDArray[np.float64] | None = None,
    *,
    correction_s: float = 0.0,
    dejitter: bool = False,
    gap_after_s: float = 0.25,
    seed: int = 0,
    largest: int = 40,
) -> Result:
    """Feed stamps in blocks of random size; each block arrives 4 ms after its newest sample was taken."""
    rng = np.random.default_rng(seed)
    taken = stamps if arrivals is None else arrivals
    timeline = Timeline(RATE_HZ, gap_after_s, dejitter)
    result = Result(np.empty(0), [], [])
    parts = []
    start = 0
    while start < len(stamps):
        stop = min(len(stamps), start + int(rng.integers(1, largest)))
        placed = timeline.place(stamps[start:stop], correction_s, float(taken[stop - 1]) + 0.004)
        parts.append(placed.times_s)
        result.holes += [(start + row, lost) for row, lost in placed.holes]
        result.jumps += [start + row for row in placed.jumps]
        start = stop
    result.times_s = np.concatenate(parts)
    assert (np.diff(result.times_s) >= 0).all()
    assert np.isfinite(result.times_s).all()
    return result


def test_even_stamps_stay_as_they_are() -> None:
    result = run(TRUE_S)
    np.testing.assert_array_equal(result.times_s, TRUE_S)
    assert (result.holes, result.jumps) == ([], [])


def test_the_correction_is_added() -> None:
    result = run(TRUE_S - 5000.0, TRUE_S, correction_s=5000.0)
    np.testing.assert_allclose(result.times_s, TRUE_S, atol=1e-9)


@pytest.mark.parametrize("jitter_s", [0.001, 0.02, 0.05])
def test_jitter_is_no_hole(jitter_s: float) -> None:
    stamps = TRUE_S + np.random.default_rng(1).normal(0, jitter_s, N)
    result = run(stamps, TRUE_S)
    assert (result.holes, result.jumps) == ([], [])


@pytest.mark.parametrize("factor", [0.97, 0.98, 1.0005, 1.02, 1.03])
def test_a_wrong_nominal_rate_is_no_hole_but_is_said(factor: float, caplog: pytest.LogCaptureFixture) -> None:
    stamps = 1000.0 + np.arange(N) / RATE_HZ * factor
    result = run(stamps)
    assert (result.holes, result.jumps) == ([], [])
    assert ("frequencies are off" in caplog.text) == (abs(factor - 1) > 0.01)


def test_stamps_taken_once_per_packet_are_no_holes() -> None:
    packet = np.arange(N) // 100
    stamps = TRUE_S[np.minimum(packet * 100 + 99, N - 1)]
    result = run(stamps, stamps)
    assert (result.holes, result.jumps) == ([], [])


@pytest.mark.parametrize("lost", [150, 500, 2500, 200_000])
def test_a_hole_is_counted_exactly(lost: int) -> None:
    stamps = TRUE_S.copy()
    stamps[7000:] += lost / RATE_HZ
    result = run(stamps)
    assert (result.holes, result.jumps) == ([(7000, lost)], [])
    np.testing.assert_array_equal(result.times_s, stamps)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), lost=st.integers(150, 5000), at=st.integers(100, N - 100))
def test_a_hole_is_found_wherever_blocks_end(seed: int, lost: int, at: int) -> None:
    stamps = np.where(np.arange(N) < at, TRUE_S, TRUE_S + lost / RATE_HZ)
    stamps += np.random.default_rng(seed).normal(0, 0.001, N)
    result = run(stamps, seed=seed)
    ((row, found),) = result.holes
    assert row == at
    assert found == pytest.approx(lost, abs=8)
    assert result.jumps == []


def test_several_holes_in_one_block() -> None:
    stamps = TRUE_S[:100].copy()
    stamps[30:] += 1.0
    stamps[60:] += 2.0
    timeline = Timeline(RATE_HZ, 0.25)
    timeline.place(stamps[:10], 0.0, stamps[9] + 0.004)
    placed = timeline.place(stamps[10:], 0.0, stamps[-1] + 0.004)
    assert placed.holes == ((20, 500), (50, 1000))


def test_many_small_losses_add_up() -> None:
    kept = np.arange(N) % 250 >= 50
    result = run(TRUE_S[kept])
    lost = sum(n for _, n in result.holes)
    # One fifth is lost. What a rate that is 3 % wrong could explain stays undeclared.
    assert lost == pytest.approx(N / 5 - 0.03 * N, rel=0.1)


def test_samples_held_up_and_stamped_on_arrival_are_not_counted_twice() -> None:
    stamps = TRUE_S.copy()
    stamps[5000:5500] = TRUE_S[5500]
    stamps[6000:] += 1.0
    result = run(stamps)
    # The sender's stall looks like a hole of one second; the real one that follows is paid for by its surplus.
    assert sum(n for _, n in result.holes) == pytest.approx(500, abs=30)


@pytest.mark.parametrize("by_s", [-3600.0, -1.0, 1.0, 3600.0])
def test_a_clock_jump_is_flagged_and_time_goes_on(by_s: float, caplog: pytest.LogCaptureFixture) -> None:
    stamps = TRUE_S.copy()
    stamps[9000:] += by_s
    result = run(stamps, TRUE_S)
    assert (result.holes, result.jumps) == ([], [9000])
    np.testing.assert_allclose(result.times_s, TRUE_S, atol=1e-6)
    assert "clock jumped" in caplog.text


def test_a_jump_together_with_a_loss_is_measured_by_the_arrival() -> None:
    stamps, arrivals = TRUE_S.copy(), TRUE_S.copy()
    stamps[9000:] -= 900.0
    arrivals[9000:] += 5.0
    result = run(stamps, arrivals)
    assert (result.jumps, result.holes) == ([9000], [(9000, 2500)])
    np.testing.assert_allclose(result.times_s, arrivals, atol=1e-6)


def test_the_correction_of_a_new_clock_ends_an_emergency_offset() -> None:
    timeline = Timeline(RATE_HZ, 0.25)
    timeline.place(TRUE_S[:100], 0.0, TRUE_S[99] + 0.004)
    reset = timeline.place(TRUE_S[100:200] - 900.0, 0.0, TRUE_S[199] + 0.004)
    known = timeline.place(TRUE_S[200:300] - 900.0, 900.0, TRUE_S[299] + 0.004)
    assert reset.jumps == (0,)
    assert (known.jumps, known.holes) == ((), ())
    np.testing.assert_allclose(known.times_s, TRUE_S[200:300], atol=1e-9)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 1e300, -1e300])
def test_a_stamp_that_is_no_time_is_taken_from_the_rate(odd: float) -> None:
    stamps = TRUE_S.copy()
    stamps[[0, 1, 500, 501, 7000, N - 1]] = odd
    result = run(stamps, TRUE_S)
    assert (result.holes, result.jumps) == ([], [])
    np.testing.assert_allclose(result.times_s, TRUE_S, atol=0.1)
    np.testing.assert_allclose(result.times_s[200:], TRUE_S[200:], atol=1e-9)


@pytest.mark.parametrize("odd", [0.0, 1e6])
def test_a_single_stamp_from_another_time_does_not_move_the_rest(odd: float) -> None:
    stamps = TRUE_S.copy()
    stamps[5000] = odd
    result = run(stamps, TRUE_S)
    assert result.holes == []
    assert result.jumps == [5000, 5001]
    np.testing.assert_allclose(result.times_s, TRUE_S, atol=1e-6)


def test_small_steps_back_are_levelled() -> None:
    stamps = TRUE_S.copy()
    stamps[1000:2000:2] -= 0.01
    result = run(stamps)
    assert (result.holes, result.jumps) == ([], [])


@settings(max_examples=30, deadline=None)
@given(
    stamps=st.lists(
        st.floats(allow_nan=True, allow_infinity=True) | st.floats(999.0, 1001.0), min_size=1, max_size=200
    ),
    dejitter=st.booleans(),
)
def test_whatever_the_stamps_the_times_are_finite_and_never_go_back(stamps: list[float], dejitter: bool) -> None:
    result = run(np.array(stamps), 1000.0 + np.arange(len(stamps)) / RATE_HZ, dejitter=dejitter)
    assert all(lost > 0 for _, lost in result.holes)


def test_stamps_of_another_epoch_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    run(TRUE_S[:10], TRUE_S[:10] + 1e6)
    assert "latencies and marker times cannot be trusted" in caplog.text


class TestDejitter:
    def test_jitter_shrinks(self) -> None:
        jitter = np.random.default_rng(2).normal(0, 0.01, N)
        result = run(TRUE_S + jitter, TRUE_S, dejitter=True)
        assert np.abs(result.times_s - TRUE_S)[5000:].max() < 0.0015
        assert (result.holes, result.jumps) == ([], [])

    def test_holes_stay_exact(self) -> None:
        stamps = TRUE_S.copy()
        stamps[7000:] += 5.0
        result = run(stamps, dejitter=True)
        assert result.holes == [(7000, 2500)]
        np.testing.assert_allclose(result.times_s, stamps, atol=1e-6)

    def test_the_line_equals_weighted_least_squares(self) -> None:
        rng = np.random.default_rng(3)
        stamps = TRUE_S[:600] + rng.normal(0, 0.01, 600)
        dejitter = Dejitter(RATE_HZ, halftime_s=0.5)
        pieces = [dejitter.smooth(part, []) for part in np.split(stamps, [1, 50, 51, 300])]
        # np.polyfit multiplies residuals, so it takes the square root of the weights.
        weights = np.sqrt(0.5 ** ((599 - np.arange(600)) / (0.5 * RATE_HZ)))
        line = np.polyfit(np.arange(600) - 599, stamps, 1, w=weights)
        np.testing.assert_allclose(pieces[-1], np.polyval(line, np.arange(300, 600) - 599), atol=1e-8)
