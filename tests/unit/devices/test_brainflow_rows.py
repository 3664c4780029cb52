from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from devices.board_rows import LEARN_SAMPLES, BoardLayout, BoardStream, MarkerCodes
from devices.package_counter import PackageCounter
from devices.unix_time import UnixToLsl
from pipelines.signal import Chunk, Flag

RATE_HZ = 250.0
LAYOUT = BoardLayout(signals=(1, 2), time=3, marker=4, package_number=0)


def board_rows(n: int) -> NDArray[np.float64]:
    """Return rows of a board: package number, two signals that count samples, UNIX time, marker."""
    index = np.arange(n, dtype=np.float64)
    return np.stack([index % 256, index, -index, 1000 + index / RATE_HZ, np.zeros(n)])


def make_stream(layout: BoardLayout = LAYOUT, codes: MarkerCodes | None = None) -> BoardStream:
    clock = UnixToLsl(of_now=False, measure=lambda: -900.0, clock=lambda: 1e6)
    return BoardStream(layout, RATE_HZ, PackageCounter(RATE_HZ, 256), clock, codes or MarkerCodes())


def push_in(stream: BoardStream, rows: NDArray[np.float64], size: int) -> list[Chunk]:
    return [c for start in range(0, rows.shape[1], size) for c in stream.push(rows[:, start : start + size])]


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_a_loss_starts_a_new_chunk_that_declares_it(size: int) -> None:
    kept = np.delete(board_rows(1000), np.s_[300:340], axis=1)
    chunks = push_in(make_stream(), kept, size)
    assert [(c.first_index, c.gap_before) for c in chunks if c.gap_before] == [(340, 40)]
    end = 0
    for chunk in chunks:
        assert chunk.first_index == end + chunk.gap_before
        np.testing.assert_array_equal(chunk.samples[:, 0], np.arange(chunk.first_index, chunk.end_index))
        np.testing.assert_array_equal(chunk.samples[:, 1], -chunk.samples[:, 0])
        np.testing.assert_allclose(chunk.times_s, 100 + chunk.samples[:, 0] / RATE_HZ)
        end = chunk.end_index
    assert end == 1000


def test_several_losses_in_one_delivery() -> None:
    kept = np.delete(board_rows(500), [*range(100, 110), *range(200, 205), 300], axis=1)
    chunks = push_in(make_stream(), kept, 1000)
    assert [(c.first_index, c.gap_before) for c in chunks] == [(0, 0), (110, 10), (205, 5), (301, 1)]


def test_the_first_samples_are_held_until_the_counter_is_learnt() -> None:
    stream = make_stream()
    rows = board_rows(LEARN_SAMPLES)
    assert stream.push(rows[:, :-1]) == []
    (chunk,) = stream.push(rows[:, -1:])
    assert chunk.n_samples == LEARN_SAMPLES


def test_what_is_held_can_be_released_once() -> None:
    stream = make_stream()
    stream.push(board_rows(10))
    (chunk,) = stream.release()
    assert chunk.n_samples == 10
    assert stream.release() == []


def test_boards_without_a_counter_are_not_held() -> None:
    stream = make_stream(BoardLayout(signals=(1, 2), time=3))
    (chunk,) = stream.push(board_rows(3))
    assert chunk.n_samples == 3
    assert chunk.markers == ()
    assert stream.push(board_rows(0)) == []


def test_marker_values_become_markers_at_their_samples() -> None:
    codes = MarkerCodes()
    rows = board_rows(200)
    rows[4, 70], rows[4, 150], rows[4, 151] = 3.0, codes.code_of("stimulus"), 2.5
    markers = [m for c in push_in(make_stream(codes=codes), rows, 50) for m in c.markers]
    assert [(m.label, round(m.time_s, 6)) for m in markers] == [("3", 100.28), ("stimulus", 100.6), ("2.5", 100.604)]


def test_labels_have_stable_numbers_that_brainflow_can_hold() -> None:
    codes = MarkerCodes()
    assert codes.code_of("left") == codes.code_of("left") != codes.code_of("right")
    assert codes.code_of("7") == 7.0
    for odd in ("0", "nan", "inf", "", "07"):
        assert np.isfinite(codes.code_of(odd))
        assert codes.code_of(odd) != 0
        assert codes.label_of(codes.code_of(odd)) == odd


def test_a_jump_of_the_boards_clock_is_flagged_and_a_hole_is_not() -> None:
    rows = board_rows(300)
    rows[3, 200:] += 3600
    flags = np.concatenate([c.flags for c in push_in(make_stream(), rows, 32)])
    np.testing.assert_array_equal(np.flatnonzero(flags), [200])
    assert flags[200] == Flag.CLOCK_JUMP
    hole = np.delete(board_rows(900), np.s_[300:700], axis=1)
    assert not any(c.flags.any() for c in push_in(make_stream(), hole, 32))
