"""Merge markers from a second stream into the chunks of the first, by time."""

from __future__ import annotations

import heapq
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

    def add(self, time_s: float, label: str, stream: str, arrival_s: float) -> None:
        """Take a marker that arrived at ``arrival_s``."""
        marker = Marker(time_s, plain_text(label, MAX_LABEL_CHARS), stream)
        heapq.heappush(self._heap, (time_s, next(self._order), arrival_s, marker))

    def take(self, until_s: float, now_s: float) -> tuple[Marker, ...]:
        """Return, in order of time, the markers up to ``until_s`` and those that have waited long enough."""
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
