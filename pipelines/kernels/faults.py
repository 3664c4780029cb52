"""Values that are not numbers, and artifacts, sample by sample."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def hold_finite(
    x: NDArray[np.float32], out: NDArray[np.float32], flags: NDArray[np.uint8], last: NDArray[np.float32], mark: int
) -> None:
    """Replace NaN and infinity by the channel's last finite value (0 before the first) and mark the sample.

    Shapes: x, out (n_samples, n_channels); flags (n_samples,); last (n_channels,) state.
    """
    for t in range(x.shape[0]):
        for c in range(x.shape[1]):
            value = x[t, c]
            if np.isfinite(value):
                last[c] = value
            else:
                flags[t] |= mark
            out[t, c] = last[c]


@njit(cache=True, nogil=True)
def artifact_flags(
    x: NDArray[np.float32],
    columns: NDArray[np.int64],
    frontal: NDArray[np.int64],
    flags: NDArray[np.uint8],
    sos: NDArray[np.float64],
    state: NDArray[np.float64],
    power: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    decay: float,
    marks: NDArray[np.uint8],
) -> None:
    """Flag large amplitudes, frontal deflections and fast activity.

    Shapes: x (n_samples, n_channels); columns, frontal: EEG and frontal columns; sos (6,): the high-pass behind which
    activity is fast; state (k, 2) of that filter (NaN before the first value), power (k,): running mean square of what
    it lets through; thresholds and marks (amplitude, blink, muscle).
    """
    b0, b1, b2, a1, a2 = sos[0], sos[1], sos[2], sos[4], sos[5]
    for t in range(x.shape[0]):
        peak = 0.0
        fast = 0.0
        for i in range(columns.size):
            value = x[t, columns[i]]
            if not np.isfinite(value):
                continue
            peak = max(peak, abs(value))
            if state[i, 0] != state[i, 0]:
                # As if the first value had always been there: it makes no step.
                state[i, 0] = (b1 + b2) * value
                state[i, 1] = b2 * value
            y = b0 * value + state[i, 0]
            state[i, 0] = b1 * value - a1 * y + state[i, 1]
            state[i, 1] = b2 * value - a2 * y
            power[i] = decay * power[i] + (1.0 - decay) * y * y
            fast = max(fast, power[i])
        front = 0.0
        count = 0
        for i in range(frontal.size):
            if np.isfinite(x[t, frontal[i]]):
                front += x[t, frontal[i]]
                count += 1
        if peak > thresholds[0]:
            flags[t] |= marks[0]
        if count and abs(front / count) > thresholds[1]:
            flags[t] |= marks[1]
        if fast > thresholds[2] * thresholds[2]:
            flags[t] |= marks[2]
