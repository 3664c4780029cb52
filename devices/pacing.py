"""Deliver samples when they are due: the one way that sources of stored or computed samples keep time."""

from __future__ import annotations

import time
from typing import Literal

from devices.clock import now_s
from pipelines.errors import ConfigError

Speed = float | Literal["max"]
"""1.0 is real time, 2.0 twice as fast, ``"max"`` as fast as the consumer reads."""


class Pacer:
    """Maps stream time (s since the start) to the clock and sleeps until it is due.

    Every moment is reckoned from the start, so errors of single sleeps never add up: there is no drift. After a stall
    (a suspended machine, a slow consumer) whatever is overdue is due at once.

    Parameters
    ----------
    speed
        Factor > 0, or ``"max"``: everything is always due.

    Raises
    ------
    ConfigError
        If the factor is not positive.
    """

    def __init__(self, speed: Speed = 1.0) -> None:
        if speed != "max" and not 0 < speed < float("inf"):
            raise ConfigError(f"speed = {speed!r}: must be a positive number or 'max'")
        self.speed = speed
        self._start_s = now_s()
        self._origin_s = 0.0

    @property
    def is_real_time(self) -> bool:
        """Whether stream time passes as fast as the clock, so that stamps may lie on the clock of now."""
        return self.speed == 1.0

    @property
    def start_s(self) -> float:
        """LSL clock of the moment ``start`` was called (s)."""
        return self._start_s

    def start(self, stream_time_s: float = 0.0) -> None:
        """Declare that ``stream_time_s`` is due now. Call it on opening and after a jump to another position."""
        self._start_s = now_s()
        self._origin_s = stream_time_s

    def clock_s(self, stream_time_s: float) -> float:
        """Return the LSL clock (s) at which ``stream_time_s`` is due; with ``"max"`` the start itself."""
        if self.speed == "max":
            return self._start_s
        return self._start_s + (stream_time_s - self._origin_s) / float(self.speed)

    def wait_until_due(self, stream_time_s: float, timeout_s: float) -> bool:
        """Sleep until ``stream_time_s`` is due, at most ``timeout_s``; return whether it is due."""
        wait_s = self.clock_s(stream_time_s) - now_s()
        if wait_s <= 0:
            return True
        if wait_s > timeout_s:
            time.sleep(max(timeout_s, 0.0))
            return False
        time.sleep(wait_s)
        return True
