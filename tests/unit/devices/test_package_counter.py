from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from devices.package_counter import PackageCounter

RATE_HZ = 250.0


def stream(n: int, *, start: int = 0, step: int = 1, per_package: int = 1, modulus: int = 256) -> NDArray[np.float64]:
    """Return the package numbers of n samples of an unbroken stream."""
    return ((start + step * (np.arange(n) // per_package)) % modulus).astype(np.float64)


def losses(
    numbers: NDArray[np.float64], kept: NDArray[np.bool_], cuts: list[int] | None = None, **settings: Any
) -> NDArray[np.int64]:
    """Learn from the first 80 samples, then count in pieces; arrival times are those of the kept samples."""
    counter = PackageCounter(RATE_HZ, **settings)
    times_s = np.arange(len(numbers))[kept] / RATE_HZ
    left = numbers[kept]
    counter.learn(left[:80])
    borders = [0, *sorted(cuts or []), len(left)]
    return np.concatenate([counter.losses(left[a:b], times_s[a:b]) for a, b in pairwise(borders)])


@pytest.mark.parametrize(
    ("step", "per_package", "modulus"),
    [(1, 1, 256), (2, 1, 256), (1, 2, 100), (1, 12, 65536), (1, 1, 128), (1, 16, 256)],
)
def test_an_unbroken_stream_has_no_losses(step: int, per_package: int, modulus: int) -> None:
    numbers = stream(3000, start=3 * step, step=step, per_package=per_package, modulus=modulus)
    assert not losses(numbers, np.ones(3000, bool)).any()


@given(
    holes=st.lists(st.tuples(st.integers(90, 2900), st.integers(1, 600)), max_size=4),
    cuts=st.lists(st.integers(1, 500), max_size=6),
    start=st.integers(0, 255),
)
@hypothesis_settings(max_examples=60, deadline=None)
def test_every_lost_sample_is_counted_where_it_was_lost(
    holes: list[tuple[int, int]], cuts: list[int], start: int
) -> None:
    kept = np.ones(4000, bool)
    for at, length in holes:
        kept[at : at + length] = False
    index = np.flatnonzero(kept)
    expected = np.diff(index, prepend=-1) - 1
    # A loss of whole rounds looks like a late package: the counter cannot tell, and says nothing.
    assume(((expected == 0) | (expected % 256 != 0)).all())
    cuts = [cut for cut in cuts if cut < len(index)]
    np.testing.assert_array_equal(losses(stream(4000, start=start), kept, cuts, modulus=256), expected)


@pytest.mark.parametrize(("step", "per_package", "modulus"), [(2, 1, 256), (1, 12, 65536), (1, 2, 100)])
def test_lost_packages_of_other_counters(step: int, per_package: int, modulus: int) -> None:
    kept = np.ones(2400, bool)
    kept[1200 : 1200 + 5 * per_package] = False
    lost = losses(stream(2400, step=step, per_package=per_package, modulus=modulus), kept)
    assert lost[1200] == 5 * per_package
    assert lost.sum() == 5 * per_package


def test_step_and_package_size_are_learnt_in_spite_of_a_hole() -> None:
    counter = PackageCounter(RATE_HZ)
    counter.learn(np.delete(stream(96, step=2, per_package=3), np.s_[30:45]))
    assert (counter.step, counter.samples_per_package) == (2, 3)


def test_a_hole_across_the_turn_is_counted_once_the_turn_is_known() -> None:
    kept = np.ones(1000, bool)
    kept[760:770] = False  # 248 … 1
    lost = losses(stream(1000), kept)
    assert lost[760] == 10
    assert lost.sum() == 10


def test_a_hole_longer_than_a_round_trip_is_measured_with_the_clock() -> None:
    kept = np.ones(5000, bool)
    kept[1000:3000] = False
    assert losses(stream(5000), kept, modulus=256)[1000] == 2000


def test_a_counter_that_starts_over_without_a_pause_is_no_hole() -> None:
    looped = np.concatenate([stream(300), stream(300)])  # 211 numbers are skipped within four milliseconds
    assert not losses(looped, np.ones(len(looped), bool), modulus=256).any()


def test_a_device_that_does_not_count_reports_no_losses() -> None:
    assert not losses(np.zeros(500), np.ones(500, bool)).any()


def test_late_packages_are_not_lost_packages() -> None:
    counter = PackageCounter(RATE_HZ)
    numbers = stream(200)
    counter.learn(numbers[:80])
    arrived_s = np.arange(200) / RATE_HZ
    arrived_s[100:] += 0.8  # a stalled cable, then everything at once
    assert not counter.losses(numbers, arrived_s).any()


def test_nothing_in_nothing_out() -> None:
    counter = PackageCounter(RATE_HZ)
    counter.learn(stream(80))
    assert counter.losses(np.zeros(0), np.zeros(0)).shape == (0,)
