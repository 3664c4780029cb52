"""A ring buffer with mirrored storage: every window is one contiguous view."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


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

    def push(
        self,
        samples: NDArray[np.float32],
        times_s: NDArray[np.float64],
        flags: NDArray[np.uint8] | np.uint8,
    ) -> None:
        """Append at most ``capacity`` rows; samples (n, n_channels), times_s (n,), flags (n,) or one for all."""
        n = times_s.shape[0]
        at = self.end_index % self.capacity
        head = min(n, self.capacity - at)
        marks = np.broadcast_to(flags, (n,))
        for target, stop, start in ((at, head, 0), (0, n, head)):
            count = stop - start
            if count == 0:
                continue
            for base in (target, target + self.capacity):
                self._samples[base : base + count] = samples[start:stop]
                self._times_s[base : base + count] = times_s[start:stop]
                self._flags[base : base + count] = marks[start:stop]
        self.end_index += n

    def last(self, n: int) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.uint8]]:
        """Return read-only views of the newest ``n`` rows; valid until the next push."""
        stop = (self.end_index - 1) % self.capacity + self.capacity + 1
        views = self._samples[stop - n : stop], self._times_s[stop - n : stop], self._flags[stop - n : stop]
        for view in views:
            view.flags.writeable = False
        return views
