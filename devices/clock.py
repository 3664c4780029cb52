"""The one clock of the house: LSL's monotonic clock, in seconds."""

from __future__ import annotations

import time

import pylsl


def now_s() -> float:
    """Return the present moment on the LSL clock (s)."""
    return float(pylsl.local_clock())


def unix_to_lsl_s() -> float:
    """Return the offset to add to a UNIX time (s) to get LSL clock time, measured now.

    The UNIX clock is read between two readings of the LSL clock; the tightest of eight tries counts.
    """
    best_width, best_offset = float("inf"), 0.0
    for _ in range(8):
        before = now_s()
        unix = time.time()
        after = now_s()
        if after - before < best_width:
            best_width, best_offset = after - before, 0.5 * (before + after) - unix
    return best_offset
