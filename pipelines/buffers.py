"""Output arrays that stages reuse, so that no chunk allocates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.signal import read_only


class OutputBuffer:
    """Rows of float32 and of flags; grows when a longer chunk comes, never shrinks."""

    def __init__(self, n_channels: int, n_samples: int = 256) -> None:
        self._rows = np.zeros((n_samples, n_channels), dtype=np.float32)
        self._flags = np.zeros(n_samples, dtype=np.uint8)
        self._pair = self._rows, read_only(self._rows)

    def pair(self, n_samples: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return an array (n_samples, n_channels) to write to and the read-only view of it to hand out.

        Both are valid until the next call.
        """
        # Chunks mostly have one length, and views cost as much as filtering a short one.
        if len(self._pair[0]) != n_samples:
            rows = self.rows(n_samples)
            self._pair = rows, read_only(rows)
        return self._pair

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
