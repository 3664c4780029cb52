"""Sections and state of one filter, or of several in a row that the kernel runs in one go."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.kernels.filters import BLOCK, sos_filter
from pipelines.kernels.sections import TILE
from pipelines.signal import read_only


class SosBank:
    """Filters number 0, 1 …; each sees what the one before gives, rounded to float32.

    Parameters
    ----------
    filters
        Sections of each, shape (n_sections, 6).
    columns
        The columns that are filtered, shape (k,).
    n_channels
        Columns of a chunk.
    """

    def __init__(self, filters: Sequence[NDArray[np.float64]], columns: NDArray[np.int64], n_channels: int) -> None:
        self._columns = columns
        self._sos = np.ascontiguousarray(np.concatenate(filters))
        self._borders = np.cumsum([0, *map(len, filters)])
        k, n = columns.size, len(self._sos)
        self._state = np.zeros((2 * n + len(filters), -(-k // TILE) * TILE))
        self._first, self._second, self._last = np.split(self._state[:, :k], [n, 2 * n])
        self._block, self._marks = np.zeros((BLOCK, TILE)), np.zeros(256, dtype=np.uint8)
        empty = np.zeros((0, n_channels), dtype=np.float32)
        self.run(read_only(empty), empty.copy(), 0, 0, 0)  # compiles

    def run(
        self, samples: NDArray[np.float32], out: NDArray[np.float32], first_index: int, begin: int, end: int
    ) -> int:
        """Pass samples (n_samples, n_channels) through filters ``begin`` to ``end``; return how many were replaced."""
        if len(samples) > len(self._marks):
            self._marks = np.zeros(2 * len(samples), dtype=np.uint8)
        replaced: int = sos_filter(
            samples,
            out,
            self._columns,
            self._sos,
            self._borders,
            self._state,
            self._block,
            self._marks,
            first_index,
            begin,
            end,
        )
        return replaced

    def replaced_rows(self, n_samples: int) -> NDArray[np.bool_]:
        """Return in which rows of the last run a value was replaced, shape (n_samples,)."""
        return self._marks[:n_samples].astype(np.bool_)

    def clear(self, number: int) -> None:
        """Forget the past of one filter."""
        rows = slice(self._borders[number], self._borders[number + 1])
        for array in (self._first[rows], self._second[rows], self._last[number]):
            array[:] = 0.0

    def settle(
        self, number: int, starting: NDArray[np.bool_], steady: NDArray[np.float64], value: NDArray[np.float64]
    ) -> None:
        """Put one filter into the steady state of constant inputs.

        Parameters
        ----------
        number
            Which filter.
        starting
            Which of the columns, shape (k,).
        steady
            State for an input of 1, shape (n_sections, 2).
        value
            Input of those columns, shape (number of True,).
        """
        rows = slice(self._borders[number], self._borders[number + 1])
        self._first[rows, starting] = steady[:, :1] * value
        self._second[rows, starting] = steady[:, 1:] * value
