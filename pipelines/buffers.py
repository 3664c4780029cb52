"""Output arrays that stages reuse, so that no chunk allocates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class OutputBuffer:
    """Rows of float32 and of flags; grows when a longer chunk comes, never shrinks."""

    def __init__(self, n_channels: int, n_samples: int = 256) -> None:
        self._rows = np.zeros((n_samples, n_channels), dtype=np.float32)
        self._flags = np.zeros(n_samples, dtype=np.uint8)

    def rows(self, n_samples: int) -> NDArray[np.float32]:
        """Return a writable array (n_samples, n_channels); valid until the next call."""
        if n_samples > len(self._rows):
            self._rows = np.zeros((2 * n_samples, self._rows.shape[1]), dtype=np.float32)
        return self._rows[:n_samples]

    def flags(self, like: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a writable copy of flags (n_samples,); valid until the next call."""
        if like.size > self._flags.size:
            self._flags = np.zeros(2 * like.size, dtype=np.uint8)
        view = self._flags[: like.size]
        view[:] = like
        return view
