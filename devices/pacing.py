"""Deliver samples when they are due: real time, a multiple of it, or at once; no drift, no busy waiting."""

from __future__ import annotations

import time
from typing import Literal

from devices.clock import now_s

Speed = float | Literal["max"]


class Pacer:
    """Keeps one absolute time line, so that errors of single waits do not add up.

    Parameters
    ----------
    speed
        Stream seconds for each second; ``"max"`` never waits.
    """

    def __init__(self, speed: Speed) -> None:
        self.speed = speed
        self.start_s = now_s()

    def wait_until(self, stream_s: float, timeout_s: float) -> bool:
        """Wait until stream time ``stream_s`` (s since the start) is due; False if that is beyond the timeout."""
        if self.speed == "max":
            return True
        wait_s = self.start_s + stream_s / self.speed - now_s()
        if wait_s > timeout_s:
            time.sleep(max(timeout_s, 0.0))
            return False
        if wait_s > 0:
            time.sleep(wait_s)
        return True
