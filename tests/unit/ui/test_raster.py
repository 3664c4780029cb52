"""The column raster: what is on the screen depends on the samples, not on how they came."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ui.raster import RasterStyle, TraceRaster

BACKGROUND, GRID, SHADE, DOUBT, TRACE = 0xFF101010, 0xFF202020, 0xFF403020, 0xFF402040, 0xFFFFFFFF


def style(n_channels: int, height: int, gain: float = 1.0) -> RasterStyle:
    lane = height / n_channels
    return RasterStyle(
        centre_px=((np.arange(n_channels) + 0.5) * lane).astype(np.float32),
        gain_px=np.full(n_channels, gain, np.float32),
        lane_px=np.full(n_channels, lane, np.float32),
        reach_px=np.full(n_channels, 2 * lane, np.float32),
        colours=np.full(n_channels, TRACE, np.uint32),
        background=BACKGROUND,
        grid=GRID,
        gap=SHADE,
        flagged=DOUBT,
    )


def raster(n_channels: int, window: int, width: int, height: int = 60, tick: int = 0) -> TraceRaster:
    return TraceRaster(n_channels, window, tick, width, height, style(n_channels, height))


def push(target: TraceRaster, samples: NDArray[np.float32], first: int, lost: NDArray[np.bool_] | None = None) -> None:
    target.push(samples, np.zeros(len(samples), np.bool_) if lost is None else lost, first)


def pixels(target: TraceRaster) -> NDArray[np.uint32]:
    view = np.frombuffer(target.image.constBits(), np.uint32)
    return view.reshape(target.height, target.width).copy()


def noise(n_samples: int, n_channels: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 8, (n_samples, n_channels)).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(
    window=st.sampled_from([40, 97, 100, 333]),
    width=st.sampled_from([16, 100, 130]),
    first=st.sampled_from([0, 7, 100_003]),
    cuts=st.lists(st.integers(0, 500), max_size=12),
    holes=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 2)), max_size=3),
    gap_at=st.integers(1, 499),
    gap=st.sampled_from([0, 1, 30, 900]),
)
def test_any_chunking_draws_the_same_picture(
    window: int, width: int, first: int, cuts: list[int], holes: list[tuple[int, int]], gap_at: int, gap: int
) -> None:
    samples, lost = noise(501, 3), np.zeros(501, np.bool_)
    for row, channel in holes:
        samples[row, channel] = np.nan
        lost[(row + 50) % 501] = True

    def index_of(row: int) -> int:
        return first + row + (gap if row >= gap_at else 0)

    whole, parts = raster(3, window, width, tick=25), raster(3, window, width, tick=25)
    for target, borders in ((whole, {gap_at}), (parts, {gap_at, *cuts})):
        edges = sorted({0, 501, *borders})
        for start, stop in pairwise(edges):
            push(target, samples[start:stop], index_of(start), lost[start:stop])
            if target is parts:
                target.draw()
        target.draw()
    np.testing.assert_array_equal(pixels(parts), pixels(whole))


def test_each_column_covers_exactly_the_range_of_its_samples() -> None:
    window, width, height = 1000, 100, 200
    samples = noise(window, 1)
    target = raster(1, window, width, height)
    push(target, samples, 0)
    target.draw()
    lit = pixels(target) != BACKGROUND
    for column in range(1, width - 1):
        part = samples[10 * column : 10 * column + 10, 0]
        edges = (samples[10 * column - 1 : 10 * column + 1, 0], samples[10 * column + 9 : 10 * column + 11, 0])
        rows = np.flatnonzero(lit[:, column])
        # A line to the neighbours may reach further than the column's own samples, never further than theirs.
        high, low = height / 2 - np.concatenate((part, *edges)).max(), height / 2 - np.concatenate((part, *edges)).min()
        assert rows[0] >= np.floor(high) - 1
        assert rows[-1] <= np.ceil(low) + 1
        assert rows[0] <= np.floor(height / 2 - part.max()) + 1  # an end may cover too little of a pixel to be seen
        assert rows[-1] >= np.floor(height / 2 - part.min()) - 1
        assert (np.diff(rows) == 1).all(), "a column is one unbroken line"


def test_sparse_samples_are_joined_by_straight_lines() -> None:
    target = raster(1, window=11, width=110)
    push(target, np.array([[0.0]] * 5 + [[20.0]] + [[0.0]] * 5, np.float32), 0)
    target.draw()
    heights = [np.flatnonzero(column != BACKGROUND).min() for column in pixels(target)[:, :100].T]
    rise = 30 - np.array(heights[41:50])
    np.testing.assert_allclose(rise, np.arange(2, 20, 2) + 2, atol=2)


def test_a_constant_is_one_crisp_line() -> None:
    target = raster(1, 100, 50, height=61)
    push(target, np.zeros((100, 1), np.float32), 0)
    target.draw()
    lit = pixels(target) != BACKGROUND
    assert np.flatnonzero(lit.any(axis=1)).tolist() == [30]
    assert (pixels(target)[30] == TRACE).all()


def test_missing_samples_are_shaded_and_never_joined() -> None:
    target = raster(2, window=100, width=100)
    push(target, np.full((20, 2), 10, np.float32), 0)
    push(target, np.full((20, 2), -10, np.float32), 50)
    target.draw()
    shown = pixels(target)
    assert (shown[:, 20:50] == SHADE).all()
    assert (shown[:, :20] != SHADE).all()
    assert (shown[:, 50:70] != SHADE).all()


def test_lost_samples_are_shaded_like_a_gap() -> None:
    lost = np.zeros(100, np.bool_)
    lost[40:60] = True
    target = raster(1, 100, 100)
    push(target, np.zeros((100, 1), np.float32), 0, lost)
    target.draw()
    assert ((pixels(target) == SHADE).all(axis=0) == lost).all()


def test_a_channel_without_numbers_is_shaded_in_its_lane_alone() -> None:
    samples = np.zeros((100, 2), np.float32)
    samples[30:40, 1] = np.nan
    samples[60, 0] = np.inf
    target = raster(2, 100, 100)
    push(target, samples, 0)
    target.draw()
    shade = pixels(target) == SHADE
    assert not shade[:30].any(axis=0)[30:40].any()
    assert shade[30:].all(axis=0)[30:40].all()
    assert shade[:30, 60].all()


def test_grid_lines_stand_at_multiples_of_the_tick() -> None:
    target = raster(1, 200, 100, tick=50)
    push(target, np.zeros((200, 1), np.float32), 0)
    target.draw()
    assert np.flatnonzero((pixels(target) == GRID)[0]).tolist() == [0, 25, 50, 75]


def test_a_railed_channel_stays_within_two_lanes() -> None:
    samples = np.zeros((100, 10), np.float32)
    samples[50:, 0] = -1e9
    target = raster(10, 100, 100, height=100)
    push(target, samples, 0)
    target.draw()
    lit = (pixels(target) != BACKGROUND).any(axis=1)
    assert not lit[[28, 29, 30, 31]].any()


def test_a_stream_that_counts_anew_starts_an_empty_picture() -> None:
    target = raster(1, 100, 100)
    push(target, noise(300, 1), 0)
    push(target, np.zeros((10, 1), np.float32), 0)
    target.draw()
    assert (pixels(target)[:, 10:] == BACKGROUND).all()


def test_scrolling_fills_from_the_left_first() -> None:
    target = raster(1, 100, 100)
    push(target, noise(30, 1), 0)
    assert (target.newest_column, target.right_column) == (29, 99)
    push(target, noise(100, 1), 30)
    assert target.newest_column == target.right_column == 129


@pytest.mark.parametrize("spread", [1.0, 7.0])
def test_spans_say_how_far_each_channel_swings(spread: float) -> None:
    samples = np.zeros((1000, 2), np.float32)
    samples[:, 0] = spread * np.sin(np.arange(1000))
    target = raster(2, 1000, 100)
    push(target, samples, 0)
    np.testing.assert_allclose(target.spans(), [2 * spread, 0], rtol=0.05)


@pytest.mark.parametrize("flag_at_once", [True, False])
def test_flagged_samples_are_shaded_behind_the_trace(flag_at_once: bool) -> None:
    target = raster(1, 100, 100)
    push(target, np.full((50, 1), 20.5, np.float32), 0)
    if flag_at_once:
        target.flag(30, 45)
    target.draw()
    push(target, np.full((50, 1), 20.5, np.float32), 50)
    if not flag_at_once:
        target.flag(30, 45)
    target.draw()
    doubt = (pixels(target) == DOUBT).any(axis=0)
    assert np.flatnonzero(doubt).tolist() == list(range(30, 45))
    assert (pixels(target) == TRACE).any(axis=0).all()


def test_what_is_flagged_scrolls_away_and_what_never_came_is_not_flagged() -> None:
    target = raster(1, 100, 100)
    target.flag(0, 10)
    push(target, np.zeros((50, 1), np.float32), 0)
    target.flag(40, 80)
    push(target, np.zeros((30, 1), np.float32), 50)
    target.draw()
    assert np.flatnonzero((pixels(target) == DOUBT).any(axis=0)).tolist() == list(range(40, 50))
    push(target, np.zeros((100, 1), np.float32), 80)
    target.flag(0, 50)
    target.draw()
    assert not (pixels(target) == DOUBT).any()


def test_a_lane_of_no_height_shades_nothing() -> None:
    target = raster(2, 100, 100)
    target.set_style(replace(style(2, 60), lane_px=np.zeros(2, np.float32)))
    push(target, np.full((100, 2), np.nan, np.float32), 0)
    target.draw()
    assert not (pixels(target) == SHADE).any()


def test_samples_of_another_stream_are_refused() -> None:
    with pytest.raises(ValueError, match="3 channels for a picture of 2"):
        raster(2, 100, 100).push(np.zeros((5, 3), np.float32), np.zeros(5, np.bool_), 0)
