"""Measures of windows, remembered: leave-one-out measures the same windows again for everybody left out.

For training alone: what decides on a window measures it, so that the time of a decision is a true one.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Measure = Callable[[NDArray[np.floating]], NDArray[np.float64]]
KEPT = 4096
"""Windows; more are forgotten, the oldest first."""


class WindowMemory:
    """Remembers a measure that takes windows (n_windows, ...) one by one, whatever stands beside them.

    Parameters
    ----------
    measure
        Maps windows to an array with a row for each.
    kept
        How many windows are remembered.
    """

    def __init__(self, measure: Measure, kept: int = KEPT) -> None:
        self._measure, self._kept = measure, kept
        self._known: OrderedDict[bytes, NDArray[np.float64]] = OrderedDict()

    def __call__(self, windows: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the measures of windows; only those never seen are measured."""
        keys = [hashlib.blake2b(np.ascontiguousarray(window).tobytes(), digest_size=16).digest() for window in windows]
        new = [i for i, key in enumerate(keys) if key not in self._known]
        if new:
            for i, row in zip(new, self._measure(windows[new]), strict=True):
                self._known[keys[i]] = np.array(row)
        found = np.stack([self._known[key] for key in keys])
        while len(self._known) > self._kept:
            self._known.popitem(last=False)
        return found
