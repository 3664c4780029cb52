"""The last seconds of raw samples, so that the screen can be filled anew after a change of filter, window or size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 128 * 2**20


class SampleHistory:
    """Ring of raw samples by absolute index; what never arrived is marked as lost.

    Parameters
    ----------
    n_channels
        Columns.
    capacity
        Samples to keep; fewer where that would take more than 128 MiB.
    """

    def __init__(self, n_channels: int, capacity: int) -> None:
        self._capacity = max(1, min(capacity, MAX_BYTES // (4 * n_channels)))
        self._samples = np.zeros((self._capacity, n_channels), dtype=np.float32)
        self._lost = np.ones(self._capacity, dtype=np.bool_)
        self._start = self._end = 0
        self.n_channels = n_channels

    @property
    def start_index(self) -> int:
        """Index of the oldest sample kept."""
        return self._start

    @property
    def end_index(self) -> int:
        """Index of the sample after the newest."""
        return self._end

    def clear(self) -> None:
        """Forget everything."""
        self._start = self._end = 0

    def push(self, samples: NDArray[np.float32], lost: NDArray[np.bool_], first_index: int) -> None:
        """Take samples (n_samples, n_channels) that follow the last ones, perhaps after a gap."""
        if first_index < self._end or self._start == self._end:
            self._start = self._end = first_index
        if first_index > self._end:
            missing = min(first_index - self._end, self._capacity)
            self._lost[np.arange(first_index - missing, first_index) % self._capacity] = True
        kept = samples[-self._capacity :]
        end = first_index + len(samples)
        places = np.arange(end - len(kept), end) % self._capacity
        self._samples[places] = kept
        self._lost[places] = lost[-self._capacity :]
        self._end = end
        self._start = max(self._start, end - self._capacity)

    def last(self, n_samples: int, end_index: int | None = None) -> tuple[NDArray[np.float32], NDArray[np.bool_], int]:
        """Return at most ``n_samples`` before ``end_index`` (None: the newest), which are lost, and the first index."""
        end = self._end if end_index is None else max(self._start, min(end_index, self._end))
        first = max(self._start, end - n_samples)
        places = np.arange(first, end) % self._capacity
        return self._samples[places], self._lost[places], first
