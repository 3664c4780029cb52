"""Min/max column raster: every trace of a scrolling plot into one image, only the new columns at each frame.

The plot is a ring of pixel columns. Sample ``i`` lies at ``i * n_columns / window_samples`` columns, counted from the
start of the stream; that, modulo ``n_columns``, is its place in the ring. What a column shows depends on the samples
alone, never on how they were chunked, so drawing bit by bit equals drawing at once.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

GAP = 1
"""Column mark: samples of this column never arrived."""
TICK = 2
"""Column mark: a grid line of the time axis."""
FLAGGED = 4
"""Column mark: samples of this column are doubtful."""


@njit(cache=True, nogil=True)
def clear_columns(
    first: int, last: int, low: NDArray[np.float32], high: NDArray[np.float32], marks: NDArray[np.uint8]
) -> None:
    """Empty the columns ``first`` … ``last`` (counted from the start of the stream, both included)."""
    n_channels, n_columns = low.shape
    for column in range(max(first, last - n_columns + 1), last + 1):
        place = column % n_columns
        marks[place] = 0
        for channel in range(n_channels):
            low[channel, place] = np.inf
            high[channel, place] = -np.inf


@njit(cache=True, nogil=True)
def mark_stretch(first_index: int, end_index: int, window_samples: int, mark: int, marks: NDArray[np.uint8]) -> None:
    """Give the columns of the samples ``first_index`` … ``end_index - 1`` a mark, such as :data:`GAP`."""
    n_columns = marks.shape[0]
    last = (end_index - 1) * n_columns // window_samples
    for column in range(max(first_index * n_columns // window_samples, last - n_columns + 1), last + 1):
        marks[column % n_columns] |= mark


@njit(cache=True, nogil=True)
def accumulate(
    samples: NDArray[np.float32],
    lost: NDArray[np.bool_],
    first_index: int,
    window_samples: int,
    tick_samples: int,
    previous: NDArray[np.float32],
    low: NDArray[np.float32],
    high: NDArray[np.float32],
    marks: NDArray[np.uint8],
) -> None:
    """Widen the columns' ranges by consecutive samples, joined by straight lines.

    Parameters
    ----------
    samples
        (n_samples, n_channels), any unit; a non-finite value breaks the line.
    lost
        (n_samples,), samples that hold placeholders: not drawn, and their column is marked as a gap.
    first_index
        Index of the first sample in the stream.
    window_samples
        Samples across the plot.
    tick_samples
        Every sample whose index is a multiple of it gets a grid line; 0 draws none.
    previous
        (n_channels,), the sample before ``first_index``, NaN where there is none; updated.
    low, high
        (n_channels, n_columns), range of each column; ``low > high`` means empty; updated.
    marks
        (n_columns,), :data:`GAP` and :data:`TICK`; updated.
    """
    n_samples, n_channels = samples.shape
    n_columns = marks.shape[0]
    row = 0
    while row < n_samples:
        index = first_index + row
        column = index * n_columns // window_samples
        before = (index - 1) * n_columns // window_samples if index > 0 else -1
        # All rows up to the first of the next column are taken together: one visit of each column and channel.
        end = min(n_samples, ((column + 1) * window_samples + n_columns - 1) // n_columns - first_index)
        if column > before:
            clear_columns(before + 1, column, low, high, marks)
        if column > before and not lost[row]:
            for channel in range(n_channels):
                start, value = previous[channel], samples[row, channel]
                if math.isfinite(start) and math.isfinite(value):
                    _cross(low, high, channel, index, before, column, window_samples, start, value)
        marks[column % n_columns] |= _mark(lost, first_index, row, end, tick_samples)
        _widen(samples, lost, row, end, column % n_columns, previous, low, high)
        row = end


@njit(cache=True, nogil=True)
def _mark(lost: NDArray[np.bool_], first_index: int, row: int, end: int, tick_samples: int) -> int:
    found = 0
    for i in range(row, end):
        if lost[i]:
            found |= GAP
        if tick_samples > 0 and (first_index + i) % tick_samples == 0:
            found |= TICK
    return found


@njit(cache=True, nogil=True)
def _widen(
    samples: NDArray[np.float32],
    lost: NDArray[np.bool_],
    row: int,
    end: int,
    place: int,
    previous: NDArray[np.float32],
    low: NDArray[np.float32],
    high: NDArray[np.float32],
) -> None:
    for channel in range(samples.shape[1]):
        lowest, highest, value = low[channel, place], high[channel, place], previous[channel]
        for i in range(row, end):
            value = samples[i, channel]
            if lost[i] or not math.isfinite(value):
                value = np.float32(np.nan)
            lowest = value if value < lowest else lowest
            highest = value if value > highest else highest
        low[channel, place], high[channel, place], previous[channel] = lowest, highest, value


@njit(cache=True, nogil=True)
def _cross(
    low: NDArray[np.float32],
    high: NDArray[np.float32],
    channel: int,
    index: int,
    before: int,
    column: int,
    window_samples: int,
    start: float,
    value: float,
) -> None:
    """Join sample ``index - 1`` to ``index``: where the line crosses a border, both columns reach that height."""
    n_columns = low.shape[1]
    for border in range(max(before + 1, column - n_columns + 1), column + 1):
        share = border * window_samples / n_columns - (index - 1)
        crossing = np.float32(start + (value - start) * share)
        for place in ((border - 1) % n_columns, border % n_columns):
            low[channel, place] = min(low[channel, place], crossing)
            high[channel, place] = max(high[channel, place], crossing)


@njit(cache=True, nogil=True)
def draw(
    image: NDArray[np.uint32],
    first: int,
    last: int,
    low: NDArray[np.float32],
    high: NDArray[np.float32],
    marks: NDArray[np.uint8],
    centre_px: NDArray[np.float32],
    gain_px: NDArray[np.float32],
    lane_px: NDArray[np.float32],
    reach_px: NDArray[np.float32],
    colours: NDArray[np.uint32],
    background: int,
    grid: int,
    shade: int,
    doubt: int,
) -> None:
    """Draw the columns ``first`` … ``last`` of the ring anew, each at its own place.

    Parameters
    ----------
    image
        (height, n_columns), 0xffRRGGBB; written.
    first, last
        Columns counted from the start of the stream, both included.
    low, high, marks
        As filled by :func:`accumulate`.
    centre_px
        (n_channels,), height of each channel's zero line, from the top.
    gain_px
        (n_channels,), pixels for one unit, upwards.
    lane_px
        (n_channels,), height that is shaded where a channel alone has no number; 0 shades nothing.
    reach_px
        (n_channels,), how far from its zero line a trace is cut off.
    colours
        (n_channels,), trace colours.
    background, grid, shade, doubt
        Colours of an empty column, of a grid line, of what is missing and of what is flagged.
    """
    n_channels, n_columns = low.shape
    first = max(first, last - n_columns + 1)
    _fill(image, first, last, marks, background, grid, shade, doubt)
    height = image.shape[0]
    for channel in range(n_channels):
        centre, gain, colour = centre_px[channel], gain_px[channel], colours[channel]
        top_limit = max(np.float32(0), centre - reach_px[channel])
        bottom_limit = min(np.float32(height), centre + reach_px[channel])
        for column in range(first, last + 1):
            place = column % n_columns
            if low[channel, place] > high[channel, place]:
                if not marks[place] & GAP:
                    _shade_lane(image, place, centre, lane_px[channel], shade)
                continue
            top = min(max(centre - high[channel, place] * gain, top_limit), bottom_limit)
            bottom = min(max(centre - low[channel, place] * gain, top_limit), bottom_limit)
            if bottom - top < 1:
                middle = min(max(np.float32(0.5) * (top + bottom), np.float32(0.5)), np.float32(height - 0.5))
                top, bottom = middle - np.float32(0.5), middle + np.float32(0.5)
            _line(image, place, top, bottom, colour)


@njit(cache=True, nogil=True)
def _fill(
    image: NDArray[np.uint32],
    first: int,
    last: int,
    marks: NDArray[np.uint8],
    background: int,
    grid: int,
    shade: int,
    doubt: int,
) -> None:
    height, n_columns = image.shape
    for row in range(height):
        for column in range(first, last + 1):
            place = column % n_columns
            colour = background
            if marks[place] & GAP:
                colour = shade
            elif marks[place] & TICK:
                colour = grid
            elif marks[place] & FLAGGED:
                colour = doubt
            image[row, place] = colour


@njit(cache=True, nogil=True)
def _shade_lane(image: NDArray[np.uint32], place: int, centre: float, lane_px: float, shade: int) -> None:
    top = max(0, int(centre - 0.5 * lane_px))
    for row in range(top, min(image.shape[0], int(centre + 0.5 * lane_px))):
        image[row, place] = shade


@njit(cache=True, nogil=True)
def _line(image: NDArray[np.uint32], place: int, top: float, bottom: float, colour: int) -> None:
    """Draw one vertical line; its two ends cover their pixels in part."""
    last_row = image.shape[0] - 1
    first_row, end_row = int(top), min(int(bottom), last_row)
    if first_row >= end_row:
        _blend(image, min(first_row, last_row), place, colour, bottom - top)
        return
    _blend(image, first_row, place, colour, first_row + 1 - top)
    for row in range(first_row + 1, end_row):
        image[row, place] = colour
    _blend(image, end_row, place, colour, bottom - end_row)


@njit(cache=True, nogil=True)
def _blend(image: NDArray[np.uint32], row: int, place: int, colour: int, share: float) -> None:
    above = np.uint32(min(max(share, 0.0), 1.0) * 256)
    below = np.uint32(256) - above
    red_blue, green = np.uint32(0xFF00FF), np.uint32(0x00FF00)
    under, over = np.uint32(image[row, place]), np.uint32(colour)
    mixed = ((over & red_blue) * above + (under & red_blue) * below) >> np.uint32(8) & red_blue
    mixed |= ((over & green) * above + (under & green) * below) >> np.uint32(8) & green
    image[row, place] = np.uint32(0xFF000000) | mixed
