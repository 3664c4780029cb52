"""Smooth the time stamps of evenly sampled data by a straight line with exponential forgetting."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


class Dejitter:
    """Least-squares line through the recent stamps, fitted block by block.

    The weight of a stamp halves every ``halftime_s``, as in liblsl's own dejittering (90 s; Kothe et al. 2025, doi
    10.1162/IMAG.a.136); unlike there, the line starts anew after each declared hole or clock jump, where it would
    otherwise be wrong for minutes.
    """

    def __init__(self, rate_hz: float, halftime_s: float = 90.0) -> None:
        self._period = 1.0 / rate_hz
        self._log_keep = -np.log(2.0) / (halftime_s * rate_hz)
        self._start(0.0)

    def _start(self, first_s: float) -> None:
        # Weighted sums over the past, with sample numbers counted back from the newest (0, -1, -2 …), and stamps as
        # deviations from the nominal grid, so that nothing grows with the length of the session.
        self._w = self._wx = self._wxx = self._wy = self._wxy = 0.0
        self._grid_s = first_s

    def smooth(self, times_s: NDArray[np.float64], restarts: Sequence[int]) -> NDArray[np.float64]:
        """Return smoothed times, shape (n_samples,); the line starts anew at each row in ``restarts``."""
        out = np.empty_like(times_s)
        edges = sorted({0, *restarts, times_s.shape[0]})
        for start, stop in pairwise(edges):
            if start in restarts or self._w == 0.0:
                self._start(float(times_s[start]))
            out[start:stop] = self._piece(times_s[start:stop])
        return out

    def _piece(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        n = times_s.shape[0]
        grid = self._grid_s + np.arange(n) * self._period
        y = times_s - grid
        x = np.arange(1.0 - n, 1.0)
        weights = np.exp(self._log_keep * -x)
        self._shift(n)
        self._w += float(weights.sum())
        self._wx += float(weights @ x)
        self._wxx += float(weights @ (x * x))
        self._wy += float(weights @ y)
        self._wxy += float(weights @ (x * y))
        self._grid_s = float(grid[-1]) + self._period
        spread = self._w * self._wxx - self._wx * self._wx
        slope = (self._w * self._wxy - self._wx * self._wy) / spread if spread > 1e-9 else 0.0
        level = (self._wy - slope * self._wx) / self._w
        return np.asarray(grid + level + slope * x, dtype=np.float64)

    def _shift(self, n: int) -> None:
        """Move the origin of the sample numbers ``n`` ahead and let the past fade."""
        self._wxx += n * (n * self._w - 2.0 * self._wx)
        self._wxy -= n * self._wy
        self._wx -= n * self._w
        keep = float(np.exp(self._log_keep * n))
        for name in ("_w", "_wx", "_wxx", "_wy", "_wxy"):
            setattr(self, name, getattr(self, name) * keep)
