"""Put UNIX time stamps of device libraries on the LSL clock."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from devices.clock import now_s, unix_to_lsl_s

MEASURE_EVERY_S = 1.0
STEP_S = 0.05
"""A larger change of the offset is a step of the UNIX clock (NTP, a user) and is followed at once."""
SLEW = 5e-4
"""Smaller changes are followed by at most so many seconds per second."""


class UnixToLsl:
    """Maps UNIX times (s) to the LSL clock. The result never decreases and never lies in the future.

    The offset between the two clocks is measured anew every second, because UNIX time is disciplined by NTP.

    Parameters
    ----------
    of_now
        Whether stamps are of now; for old stamps (a file played with its own times) the offset stays what it is at
        the start.
    measure, clock
        How to measure the offset, and what time it is.
    """

    def __init__(
        self,
        of_now: bool = True,
        measure: Callable[[], float] = unix_to_lsl_s,
        clock: Callable[[], float] = now_s,
    ) -> None:
        self._of_now, self._measure, self._clock = of_now, measure, clock
        self._offset_s = measure()
        self._measured_at_s = clock()
        self._last_s = -np.inf

    @property
    def offset_s(self) -> float:
        """Seconds added to a UNIX time at present."""
        return self._offset_s

    def map(self, unix_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the times on the LSL clock, shape as given."""
        now = self._clock()
        if self._of_now and now - self._measured_at_s >= MEASURE_EVERY_S:
            self._follow(now)
        times_s = np.minimum(unix_s + self._offset_s, now)
        if len(times_s):
            times_s = np.maximum.accumulate(np.maximum(times_s, self._last_s))
            self._last_s = float(times_s[-1])
        return times_s

    def _follow(self, now: float) -> None:
        change_s = self._measure() - self._offset_s
        if abs(change_s) < STEP_S:
            limit_s = SLEW * (now - self._measured_at_s)
            change_s = min(max(change_s, -limit_s), limit_s)
        self._offset_s += change_s
        self._measured_at_s = now
