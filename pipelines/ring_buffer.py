"""A ring buffer with mirrored storage: every window is one contiguous view."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.kernels.ring import push_rows
from pipelines.signal import read_only


class RingBuffer:
    """Holds the last ``capacity`` rows; each row is written twice, ``capacity`` apart, so nothing is ever rolled.

    Parameters
    ----------
    capacity
        Rows kept.
    n_channels
        Columns.
    """

    def __init__(self, capacity: int, n_channels: int) -> None:
        self.capacity = capacity
        self._samples = np.zeros((2 * capacity, n_channels), dtype=np.float32)
        self._times_s = np.zeros(2 * capacity)
        self._flags = np.zeros(2 * capacity, dtype=np.uint8)
        self.end_index = 0
        """Absolute index of the row after the newest."""
        # Compiles before the first sample comes.
        none = np.zeros((0, n_channels), dtype=np.float32)
        self.push(read_only(none), read_only(np.zeros(0)), read_only(np.zeros(0, dtype=np.uint8)))

    def push(self, samples: NDArray[np.float32], times_s: NDArray[np.float64], flags: NDArray[np.uint8]) -> None:
        """Append at most ``capacity`` rows; samples (n, n_channels), times_s (n,), flags (n,)."""
        push_rows(self._samples, self._times_s, self._flags, samples, times_s, flags, self.end_index % self.capacity)
        self.end_index += times_s.shape[0]

    def last(self, n: int) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.uint8]]:
        """Return read-only views of the newest ``n`` rows; valid until the next push."""
        stop = (self.end_index - 1) % self.capacity + self.capacity + 1
        views = self._samples[stop - n : stop], self._times_s[stop - n : stop], self._flags[stop - n : stop]
        for view in views:
            view.flags.writeable = False
        return views
