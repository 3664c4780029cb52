"""Notice when a decision takes far longer than any before it, so that whoever waits for one knows why none comes."""

from __future__ import annotations

from devices.clock import now_s

PATIENCE_S = 1.0
FACTOR = 3.0
"""A decoder that always takes seconds is slow by nature: that is told once, not at every decision."""


class Patience:
    """Times decisions, one after the other. ``check`` may be called from another thread."""

    def __init__(self) -> None:
        self._longest_s = 0.0
        self._limit_s = PATIENCE_S
        self._window: int | None = None
        self._began_s = 0.0
        self._told = False

    def begin(self, window_index: int) -> None:
        """Take note that a decision is being made."""
        self._window, self._began_s, self._told = window_index, now_s(), False
        self._limit_s = max(PATIENCE_S, FACTOR * self._longest_s)

    def end(self) -> str:
        """Take note that it is made; return what is to be said of the time it took, empty if nothing."""
        took_s, window, self._window = now_s() - self._began_s, self._window, None
        self._longest_s = max(self._longest_s, took_s)
        return f"the decoder took {took_s:.1f} s for window {window}" if self._told or took_s > self._limit_s else ""

    def check(self) -> str:
        """Return, once for each decision that takes too long, what is to be said of it; empty if nothing."""
        window, busy_s = self._window, now_s() - self._began_s
        if window is None or self._told or busy_s <= self._limit_s:
            return ""
        self._told = True
        return f"no decisions: the decoder has been busy with window {window} for {busy_s:.1f} s"
