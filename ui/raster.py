"""The image behind the traces: a ring of pixel columns in a numpy buffer that Qt paints without copying."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from pipelines.kernels import raster as kernels


@dataclass(frozen=True, slots=True)
class RasterStyle:
    """How channels lie in the image.

    Parameters
    ----------
    centre_px
        float32 (n_channels,), height of each zero line from the top (px).
    gain_px
        float32 (n_channels,), pixels for one unit of the signal.
    lane_px
        float32 (n_channels,), height of the lane that is shaded where a channel alone has no number; 0: none (px).
    reach_px
        float32 (n_channels,), how far from its zero line a trace is cut off (px).
    colours
        uint32 (n_channels,), 0xffRRGGBB.
    background, grid, gap, flagged
        0xffRRGGBB of an empty column, a grid line, missing samples and doubtful ones.
    """

    centre_px: NDArray[np.float32]
    gain_px: NDArray[np.float32]
    lane_px: NDArray[np.float32]
    reach_px: NDArray[np.float32]
    colours: NDArray[np.uint32]
    background: int
    grid: int
    gap: int
    flagged: int


class TraceRaster:
    """Min/max columns of all channels over the last ``window_samples``; draws only what is new.

    Column ``k`` counted from the start of the stream lies at ``k % width`` of :attr:`image`, for sweeping and for
    scrolling alike: a scrolling plot paints the ring in two parts.
    """

    def __init__(
        self, n_channels: int, window_samples: int, tick_samples: int, width: int, height: int, style: RasterStyle
    ) -> None:
        self.width, self.height = width, height
        self.window_samples, self._tick_samples = window_samples, tick_samples
        self._pixels = np.full((height, width), style.background, dtype=np.uint32)
        self.image = QImage(self._pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        self._low = np.full((n_channels, width), np.inf, dtype=np.float32)
        self._high = np.full((n_channels, width), -np.inf, dtype=np.float32)
        self._marks = np.zeros(width, dtype=np.uint8)
        self._previous = np.full(n_channels, np.nan, dtype=np.float32)
        self._style = style
        self._end_index: int | None = None
        self._first_column = self._dirty_column = self._first_index = 0

    def column_of(self, index: int) -> int:
        """Return the column of a sample, counted from the start of the stream."""
        return index * self.width // self.window_samples

    @property
    def newest_column(self) -> int:
        """Column of the newest sample, counted from the start of the stream; -1 before the first."""
        return -1 if self._end_index is None else self.column_of(self._end_index - 1)

    @property
    def right_column(self) -> int:
        """Column at the right edge of a scrolling plot: it fills from the left, and scrolls once it is full."""
        return max(self.newest_column, self._first_column + self.width - 1)

    def push(self, samples: NDArray[np.float32], lost: NDArray[np.bool_], first_index: int) -> None:
        """Take samples (n_samples, n_channels); what lies between the last ones and these is shown as a gap.

        Raises
        ------
        ValueError
            If they have another number of channels.
        """
        if samples.shape[1] != len(self._low):
            # Compiled code does not look where it writes.
            raise ValueError(f"{samples.shape[1]} channels for a picture of {len(self._low)}")
        if not len(samples):
            return
        expected = self._end_index
        if expected is None or first_index < expected:
            self._start_at(first_index)
        else:
            self._dirty_column = min(self._dirty_column, self.column_of(expected - 1))
            if first_index > expected:
                self._skip(expected, first_index)
        kernels.accumulate(
            samples,
            lost,
            first_index,
            self.window_samples,
            self._tick_samples,
            self._previous,
            self._low,
            self._high,
            self._marks,
        )
        self._end_index = first_index + len(samples)

    def flag(self, first_index: int, end_index: int) -> None:
        """Shade the samples ``first_index`` … ``end_index - 1``, those of them that are there, as doubtful."""
        if self._end_index is None:
            return
        first = max(first_index, self._first_index, self._end_index - self.window_samples + 1)
        end = min(end_index, self._end_index)
        if first < end:
            kernels.mark_stretch(first, end, self.window_samples, kernels.FLAGGED, self._marks)
            self._dirty_column = min(self._dirty_column, self.column_of(first))

    def set_style(self, style: RasterStyle) -> None:
        """Change scale, order or colours; everything is drawn anew."""
        self._style = style
        self._dirty_column = self._first_column

    def draw(self) -> None:
        """Draw the columns that changed since the last call."""
        newest = self.newest_column
        first = max(self._dirty_column, newest - self.width + 1)
        if self._end_index is None or first > newest:
            return
        style = self._style
        kernels.draw(
            self._pixels,
            first,
            newest,
            self._low,
            self._high,
            self._marks,
            style.centre_px,
            style.gain_px,
            style.lane_px,
            style.reach_px,
            style.colours,
            style.background,
            style.grid,
            style.gap,
            style.flagged,
        )
        self._dirty_column = newest + 1

    def spans(self) -> NDArray[np.float32]:
        """Return (n_channels,) of what each channel spans on the screen, without its rarest peaks; NaN if empty."""
        # Empty columns are +inf and -inf, so they lie at the ends that are not asked for.
        low, high = np.sort(self._low, axis=1), np.sort(self._high, axis=1)
        n_seen = (self._low <= self._high).sum(axis=1)
        skipped = np.maximum(n_seen - 1, 0) // 20
        rows = np.arange(len(low))
        return np.where(n_seen > 0, high[rows, self.width - 1 - skipped] - low[rows, skipped], np.float32(np.nan))

    def _start_at(self, first_index: int) -> None:
        self._pixels.fill(self._style.background)
        self._low.fill(np.inf)
        self._high.fill(-np.inf)
        self._marks.fill(0)
        self._previous.fill(np.nan)
        self._first_column = self._dirty_column = self.column_of(first_index)
        self._first_index = first_index

    def _skip(self, expected: int, first_index: int) -> None:
        kernels.clear_columns(
            self.column_of(expected - 1) + 1, self.column_of(first_index - 1), self._low, self._high, self._marks
        )
        kernels.mark_stretch(expected, first_index, self.window_samples, kernels.GAP, self._marks)
        self._previous.fill(np.nan)
