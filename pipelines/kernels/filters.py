"""Second-order sections and fixed matrices, row by row: what a chunk's length is cannot change a bit of the result.

The innermost loops run over channels, which lie side by side in memory, so they vectorise. Arrays that such a loop
reads and writes must not interleave: LLVM tests for overlap over the whole nest and would fall back to scalar code.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

BLOCK = 32
"""Rows that ``sos_filter`` takes through all sections at once: few enough for the first-level cache."""
FLUSH_EVERY = 256
NEGLIGIBLE = 1e-150


@njit(cache=True, nogil=True)
def _load(x: NDArray[np.float32], start: int, rows: int, columns: NDArray[np.int64], block: NDArray[np.float64]) -> int:
    """Copy rows to the block; return how many values are not finite."""
    broken = 0
    for t in range(rows):
        if columns.size == x.shape[1]:
            for c in range(columns.size):
                block[t, c] = x[start + t, c]
        else:
            for c in range(columns.size):
                block[t, c] = x[start + t, columns[c]]
    for t in range(rows):
        for c in range(columns.size):
            broken += not abs(block[t, c]) < np.inf
    return broken


@njit(cache=True, nogil=True)
def _hold(block: NDArray[np.float64], rows: int, last: NDArray[np.float64]) -> None:
    """Replace what is not finite by the channel's last finite value."""
    for t in range(rows):
        for c in range(last.size):
            if abs(block[t, c]) < np.inf:
                last[c] = block[t, c]
            else:
                block[t, c] = last[c]


@njit(cache=True, nogil=True)
def _section(
    block: NDArray[np.float64],
    rows: int,
    first_index: int,
    section: NDArray[np.float64],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
) -> None:
    """Take the block through one section, in place; first and second (k,) are its state."""
    b0, b1, b2, a1, a2 = section[0], section[1], section[2], section[4], section[5]
    for t in range(rows):
        for c in range(first.size):
            value = block[t, c]
            y = b0 * value + first[c]
            first[c] = b1 * value - a1 * y + second[c]
            second[c] = b2 * value - a2 * y
            block[t, c] = y
        if (first_index + t) % FLUSH_EVERY == 0:
            # Arithmetic on subnormal numbers, where a silent channel's state ends, is many times slower.
            for c in range(first.size):
                first[c] = first[c] if abs(first[c]) > NEGLIGIBLE else 0.0
                second[c] = second[c] if abs(second[c]) > NEGLIGIBLE else 0.0


@njit(cache=True, nogil=True)
def sos_filter(
    x: NDArray[np.float32],
    out: NDArray[np.float32],
    columns: NDArray[np.int64],
    sos: NDArray[np.float64],
    first_state: NDArray[np.float64],
    second_state: NDArray[np.float64],
    block: NDArray[np.float64],
    last: NDArray[np.float64],
    first_index: int,
) -> int:
    """Filter the given columns of ``x`` into ``out``, state in place; return how many values were replaced.

    Direct form II transposed, as ``scipy.signal.sosfilt``. A value that is not finite is replaced by the channel's
    last finite one. State is flushed at every 256th sample of the stream, wherever chunks begin.

    Parameters
    ----------
    x, out
        Shape (n_samples, n_channels).
    columns
        Shape (k,); where k = n_channels they must be 0, 1, 2 …
    sos
        Shape (n_sections, 6), a0 = 1.
    first_state, second_state
        Shape (n_sections, k).
    block
        Shape (BLOCK, k), scratch.
    last
        Shape (k,), the last finite input.
    first_index
        Index of the first row in the stream.
    """
    k = columns.size
    replaced = 0
    for start in range(0, x.shape[0], BLOCK):
        rows = min(BLOCK, x.shape[0] - start)
        broken = _load(x, start, rows, columns, block)
        if broken:
            _hold(block, rows, last)
        replaced += broken
        for c in range(k):
            last[c] = block[rows - 1, c]
        for s in range(sos.shape[0]):
            _section(block, rows, first_index + start, sos[s], first_state[s], second_state[s])
        for t in range(rows):
            if k == x.shape[1]:
                for c in range(k):
                    out[start + t, c] = block[t, c]
            else:
                for c in range(k):
                    out[start + t, columns[c]] = block[t, c]
    return replaced


@njit(cache=True, nogil=True)
def apply_matrix(
    x: NDArray[np.float32], out: NDArray[np.float32], weights: NDArray[np.float64], row: NDArray[np.float64]
) -> None:
    """Write ``x @ weights`` to ``out``; inputs are added in the order of their columns.

    A value that is not finite reaches only the outputs it has a weight in. Shapes: x (n_samples, n_in), out
    (n_samples, n_out), weights (n_in, n_out), row (n_out,) scratch.
    """
    for t in range(x.shape[0]):
        for o in range(row.size):
            row[o] = 0.0
        for i in range(x.shape[1]):
            value = x[t, i]
            if abs(value) < np.inf:
                for o in range(row.size):
                    row[o] += weights[i, o] * value
            else:
                for o in range(row.size):
                    if weights[i, o] != 0.0:
                        row[o] += weights[i, o] * value
        for o in range(row.size):
            out[t, o] = row[o]
