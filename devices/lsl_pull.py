"""Pull numbers from an LSL inlet into arrays that stay, at the cost of the calls into liblsl."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Puller:
    """Waits for the first sample, then takes what else is there, until nothing is.

    ``StreamInlet.pull_chunk`` does much the same and allocates, converts and joins on the way, which takes longer than
    the samples took through the network. It also asks only once for the rest, while liblsl is still unpacking it.

    Parameters
    ----------
    inlet
        A ``pylsl.StreamInlet`` of a numeric stream.
    max_rows
        Most samples taken at once.
    check
        Raises what an error code of liblsl stands for: ``pylsl.util.handle_error``.
    """

    def __init__(self, inlet: Any, max_rows: int, check: Callable[[ctypes.c_int], object]) -> None:
        self._inlet, self._check, self._max_rows = inlet, check, max_rows
        self._rows = np.empty((max_rows, inlet.channel_count), dtype=inlet.np_dtype)
        self._stamps = np.empty(max_rows)
        self._first_row, self._first_stamp = self._rows.ctypes.data, self._stamps.ctypes.data
        self._error = ctypes.c_int()
        self._code = ctypes.byref(self._error)

    def pull(self, timeout_s: float) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Return samples (n_samples, n_channels) and stamps (n_samples,); valid until the next call.

        Both are empty if none came within ``timeout_s``.

        Raises
        ------
        pylsl.util.LostError
            If the stream is gone.
        """
        count = new = self._take(0, 1, timeout_s)
        while new and count < self._max_rows:
            new = self._take(count, self._max_rows - count, 0.0)
            count += new
        return self._rows[:count], self._stamps[:count]

    def _take(self, row: int, most: int, timeout_s: float) -> int:
        """Have liblsl write up to ``most`` samples from ``row`` on; return how many it wrote."""
        n_channels = self._rows.shape[1]
        n_values = self._inlet.do_pull_chunk(
            self._inlet.obj,
            ctypes.c_void_p(self._first_row + row * self._rows.strides[0]),
            ctypes.c_void_p(self._first_stamp + row * self._stamps.itemsize),
            ctypes.c_size_t(most * n_channels),
            ctypes.c_size_t(most),
            ctypes.c_double(timeout_s),
            self._code,
        )
        self._check(self._error)
        return int(n_values // n_channels)
