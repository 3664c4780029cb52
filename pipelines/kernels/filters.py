"""Filters and fixed matrices, row by row: what a chunk's length is cannot change a bit of the result.

The innermost loops run over channels, which lie side by side in memory, so they vectorise. Arrays that such a loop
reads and writes must not interleave: LLVM tests for overlap over the whole nest and would fall back to scalar code.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipelines.kernels.sections import (
    TILE,
    any_section,
    load_tile,
    round_tile,
    store_tile,
    symmetric_section,
    unit_section,
)

BLOCK = 64
"""Rows that a tile of channels passes through all sections at once: few enough for the first-level cache."""
FLUSH_EVERY = 256
NEGLIGIBLE = 1e-150


@njit(cache=True, nogil=True)
def _gather(
    x: NDArray[np.float32], start: int, rows: int, columns: NDArray[np.int64], tile: int, block: NDArray[np.float64]
) -> bool:
    """Copy rows of at most TILE columns to the block, zeros behind them; return whether all are finite."""
    sane, k = True, min(TILE, columns.size - tile)
    for t in range(rows):
        for c in range(k):
            value = block[t, c] = x[start + t, columns[tile + c]]
            sane &= abs(value) < np.inf
        for c in range(k, TILE):
            block[t, c] = 0.0
    return sane


@njit(cache=True, nogil=True)
def _scatter(
    block: NDArray[np.float64], rows: int, columns: NDArray[np.int64], tile: int, out: NDArray[np.float32], start: int
) -> None:
    for t in range(rows):
        for c in range(min(TILE, columns.size - tile)):
            out[start + t, columns[tile + c]] = block[t, c]


@njit(cache=True, nogil=True)
def _hold(
    block: NDArray[np.float64], rows: int, last: NDArray[np.float64], marks: NDArray[np.uint8], start: int
) -> int:
    """Replace what is not finite by the channel's last finite value; mark the rows, return how many values."""
    broken = 0
    for t in range(rows):
        for c in range(TILE):
            if abs(block[t, c]) < np.inf:
                last[c] = block[t, c]
            else:
                block[t, c] = last[c]
                marks[start + t] = 1
                broken += 1
    return broken


@njit(cache=True, nogil=True)
def _section(
    block: NDArray[np.float64],
    rows: int,
    first_index: int,
    sos: NDArray[np.float64],
    s: int,
    state: NDArray[np.float64],
    tile: int,
) -> None:
    """Take the block through section s, in place; its state is in rows s and n_sections + s, from column tile on."""
    start = 0
    while start < rows:
        # Up to and with the next sample at which the state is flushed.
        stop = min(rows, start + 1 + (-(first_index + start)) % FLUSH_EVERY)
        if sos[s, 2] != sos[s, 0]:
            any_section(block, start, stop, sos, s, state, tile)
        elif sos[s, 0] != 1.0:
            symmetric_section(block, start, stop, sos, s, state, tile)
        else:
            unit_section(block, start, stop, sos, s, state, tile)
        if (first_index + stop - 1) % FLUSH_EVERY == 0:
            # Arithmetic on subnormal numbers, where a silent channel's state ends, is many times slower.
            for row in (s, sos.shape[0] + s):
                for c in range(tile, tile + TILE):
                    state[row, c] = state[row, c] if abs(state[row, c]) > NEGLIGIBLE else 0.0
        start = stop


@njit(cache=True, nogil=True)
def sos_filter(
    x: NDArray[np.float32],
    out: NDArray[np.float32],
    columns: NDArray[np.int64],
    sos: NDArray[np.float64],
    borders: NDArray[np.int64],
    state: NDArray[np.float64],
    block: NDArray[np.float64],
    marks: NDArray[np.uint8],
    first_index: int,
    begin: int,
    end: int,
) -> int:
    """Filter the given columns of ``x`` into ``out``, state in place; return how many values were replaced.

    Direct form II transposed, as ``scipy.signal.sosfilt``, one filter or several in a row: filters ``begin`` to
    ``end``, of which number f has the sections ``borders[f]`` to ``borders[f + 1]``. Between two the signal is rounded
    to float32, as it would be between two calls, so the bits are the same. A value that is not finite is replaced by
    the channel's last finite one. State is flushed at every 256th sample of the stream, wherever chunks begin.

    Parameters
    ----------
    x, out
        Shape (n_samples, n_channels).
    columns
        Shape (k,); where k = n_channels they must be 0, 1, 2 …
    sos
        Shape (n_sections, 6), a0 = 1.
    borders
        Shape (n_filters + 1,).
    state
        Shape (2 * n_sections + n_filters, width), where width is k rounded up to a multiple of TILE: the first states
        of all sections, the second ones, the last finite input of each filter.
    block
        Shape (BLOCK, TILE), scratch.
    marks
        Shape (n_samples,) or longer; gets 1 in rows in which a value was replaced, else 0.
    first_index
        Index of the first row in the stream.
    begin, end
        Which filters.
    """
    replaced = 0
    marks[: x.shape[0]] = 0
    for start in range(0, x.shape[0], BLOCK):
        rows = min(BLOCK, x.shape[0] - start)
        for tile in range(0, columns.size, TILE):
            whole = columns.size == x.shape[1] and x.strides[1] == x.itemsize and tile + TILE <= columns.size
            sane = load_tile(x, start, rows, tile, block) if whole else _gather(x, start, rows, columns, tile, block)
            for f in range(begin, end):
                last = 2 * sos.shape[0] + f
                sane = sane if f == begin else round_tile(block, rows)
                if not sane:
                    replaced += _hold(block, rows, state[last, tile : tile + TILE], marks, start)
                for c in range(TILE):
                    state[last, tile + c] = block[rows - 1, c]
                for s in range(borders[f], borders[f + 1]):
                    _section(block, rows, first_index + start, sos, s, state, tile)
            if whole:
                store_tile(block, rows, out, start, tile)
            else:
                _scatter(block, rows, columns, tile, out, start)
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
