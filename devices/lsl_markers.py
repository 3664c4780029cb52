"""Merge markers from a second stream into the chunks of the first, by time."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from itertools import count

from devices.lsl_description import plain_text
from pipelines.signal import Marker

MAX_LABEL_CHARS = 1024


class MarkerQueue:
    """Holds a marker until the samples of its moment have arrived.

    Late markers are given at once. No marker waits longer than ``hold_s``: one whose stamp lies in the future, or
    whose samples never come, is given then, with the stamp it has. None is lost.
    """

    def __init__(self, hold_s: float = 1.0) -> None:
        self._hold_s = hold_s
        self._heap: list[tuple[float, int, float, Marker]] = []
        self._order = count()

    def __len__(self) -> int:
        """Return the number of markers that wait."""
        return len(self._heap)

    def add(self, time_s: float, values: Iterable[object], stream: str, arrival_s: float) -> None:
        """Take one sample of a marker stream (one value for each channel) that arrived at ``arrival_s``."""
        time_s = time_s if math.isfinite(time_s) else arrival_s
        label = plain_text("/".join(map(_text, values)), MAX_LABEL_CHARS)
        heapq.heappush(self._heap, (time_s, next(self._order), arrival_s, Marker(time_s, label, stream)))

    def take(self, until_s: float, now_s: float) -> tuple[Marker, ...]:
        """Return, in order of time, the markers up to ``until_s`` and those that have waited long enough."""
        if not self._heap:
            return ()
        ready: list[Marker] = []
        while self._heap and self._heap[0][0] <= until_s:
            ready.append(heapq.heappop(self._heap)[3])
        overdue = [entry for entry in self._heap if now_s - entry[2] >= self._hold_s]
        if overdue:
            self._heap = [entry for entry in self._heap if now_s - entry[2] < self._hold_s]
            heapq.heapify(self._heap)
            ready.extend(entry[3] for entry in sorted(overdue))
        return tuple(ready)

    def clear(self) -> None:
        """Forget everything."""
        self._heap.clear()


def _text(value: object) -> str:
    """Write a value as a label; text from the network need not be UTF-8."""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return f"{value:g}" if isinstance(value, float) else str(value)
