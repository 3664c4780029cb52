"""Second-order sections and fixed matrices, row by row: what a chunk's length is cannot change a bit of the result."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def sos_filter(
    x: NDArray[np.float32],
    out: NDArray[np.float32],
    columns: NDArray[np.int64],
    sos: NDArray[np.float64],
    state: NDArray[np.float64],
    row: NDArray[np.float64],
    last: NDArray[np.float32],
) -> int:
    """Filter the given columns of ``x`` into ``out``, state in place.

    Direct form II transposed, as ``scipy.signal.sosfilt``. Shapes: x, out (n_samples, n_channels); columns (k,);
    sos (n_sections, 6) with a0 = 1; state (n_sections, 2, k); row (k,) scratch; last (k,) last finite input. The
    innermost loop runs over channels, which lie side by side in memory, so it vectorises. A value that is not
    finite is replaced by the channel's last finite one; the number of such values is returned.
    """
    k = columns.size
    replaced = 0
    for t in range(x.shape[0]):
        for c in range(k):
            value32 = x[t, columns[c]]
            finite = abs(value32) < np.inf
            replaced += not finite
            last[c] = value32 if finite else last[c]
            row[c] = last[c]
        for s in range(sos.shape[0]):
            b0, b1, b2, a1, a2 = sos[s, 0], sos[s, 1], sos[s, 2], sos[s, 4], sos[s, 5]
            first = state[s, 0]
            second = state[s, 1]
            for c in range(k):
                value = row[c]
                y = b0 * value + first[c]
                first[c] = b1 * value - a1 * y + second[c]
                second[c] = b2 * value - a2 * y
                row[c] = y
        for c in range(k):
            out[t, columns[c]] = row[c]
    return replaced


@njit(cache=True, nogil=True)
def apply_matrix(x: NDArray[np.float32], out: NDArray[np.float32], matrix: NDArray[np.float64]) -> None:
    """Write ``x @ matrix.T`` to ``out`` in a fixed order of additions.

    Shapes: x (n_samples, n_in), out (n_samples, n_out), matrix (n_out, n_in).
    """
    for t in range(x.shape[0]):
        for o in range(matrix.shape[0]):
            total = 0.0
            for i in range(matrix.shape[1]):
                total += matrix[o, i] * x[t, i]
            out[t, o] = total
