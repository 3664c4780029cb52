"""Write rows to a ring buffer with mirrored storage."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def push_rows(
    ring: NDArray[np.float32],
    ring_times: NDArray[np.float64],
    ring_flags: NDArray[np.uint8],
    samples: NDArray[np.float32],
    times_s: NDArray[np.float64],
    flags: NDArray[np.uint8],
    at: int,
) -> None:
    """Write rows from row ``at`` on, each twice, half the storage apart; behind the half's end comes its beginning.

    Shapes: ring (2 * capacity, n_channels), ring_times and ring_flags (2 * capacity,), samples (n, n_channels) with n
    of at most capacity, times_s and flags (n,).
    """
    capacity = ring.shape[0] // 2
    for i in range(samples.shape[0]):
        row = at + i if at + i < capacity else at + i - capacity
        for target in (row, row + capacity):
            ring_times[target] = times_s[i]
            ring_flags[target] = flags[i]
            for c in range(samples.shape[1]):
                ring[target, c] = samples[i, c]
