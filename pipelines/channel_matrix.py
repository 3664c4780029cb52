"""A fixed matrix over channels: re-references, interpolations and selections are all one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.buffers import OutputBuffer
from pipelines.kernels.filters import apply_matrix
from pipelines.signal import read_only


class ChannelMatrix:
    """Compiled product with a matrix, the same bits for every chunking.

    Parameters
    ----------
    matrix
        Shape (n_out, n_in). Where a weight is 0, a NaN in that input does not reach that output.
    """

    def __init__(self, matrix: NDArray[np.float64]) -> None:
        self._weights = np.ascontiguousarray(matrix.T)
        self._row = np.zeros(len(matrix))
        self.apply(read_only(np.zeros((0, matrix.shape[1]), np.float32)), OutputBuffer(len(matrix)).rows(0))

    def apply(self, samples: NDArray[np.float32], out: NDArray[np.float32]) -> None:
        """Write ``samples @ matrix.T`` to ``out``; shapes (n_samples, n_in) and (n_samples, n_out)."""
        apply_matrix(samples, out, self._weights, self._row)
