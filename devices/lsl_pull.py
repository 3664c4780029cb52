"""Pull numbers from an LSL inlet into arrays that stay, at the cost of two calls into liblsl."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Puller:
    """Waits for the first sample, then takes what else is there.

    ``StreamInlet.pull_chunk`` does the same and allocates, converts and joins on the way, which takes longer than the
    samples took through the network.

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
        self._inlet, self._check = inlet, check
        n = self._n_channels = inlet.channel_count
        self._rows = np.empty((max_rows, n), dtype=inlet.np_dtype)
        self._stamps = np.empty(max_rows)
        self._error = ctypes.c_int()
        self._first, self._rest = (
            (
                ctypes.c_void_p(self._rows.ctypes.data + row * self._rows.strides[0]),
                ctypes.c_void_p(self._stamps.ctypes.data + row * self._stamps.itemsize),
                ctypes.c_size_t(count * n),
                ctypes.c_size_t(count),
            )
            for row, count in ((0, 1), (1, max_rows - 1))
        )
        self._at_once, self._code = ctypes.c_double(0.0), ctypes.byref(self._error)

    def pull(self, timeout_s: float) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Return samples (n_samples, n_channels) and stamps (n_samples,); valid until the next call.

        Both are empty if none came within ``timeout_s``.

        Raises
        ------
        pylsl.util.LostError
            If the stream is gone.
        """
        pull, inlet = self._inlet.do_pull_chunk, self._inlet.obj
        n = pull(inlet, *self._first, ctypes.c_double(timeout_s), self._code)
        self._check(self._error)
        if n:
            n += pull(inlet, *self._rest, self._at_once, self._code)
            self._check(self._error)
        count = n // self._n_channels
        return self._rows[:count], self._stamps[:count]
