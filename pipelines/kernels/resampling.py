"""Polyphase resampling, causal, one output row at a time."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def polyphase(
    buffer: NDArray[np.float64],
    out: NDArray[np.float32],
    taps: NDArray[np.float64],
    first_output: int,
    first_input: int,
    up: int,
    down: int,
) -> None:
    """Compute consecutive outputs y[m] = sum_j taps[phase, j] x[i - j], i = m*down // up, phase = m*down % up.

    Shapes: buffer (n_taps - 1 + n_inputs, n_channels), its row n_taps - 1 being input ``first_input``;
    out (n_outputs, n_channels); taps (up, n_taps).
    """
    n_taps = taps.shape[1]
    for r in range(out.shape[0]):
        position = (first_output + r) * down
        phase = position % up
        newest = position // up - first_input + n_taps - 1
        for c in range(out.shape[1]):
            total = 0.0
            for j in range(n_taps):
                total += taps[phase, j] * buffer[newest - j, c]
            out[r, c] = total
