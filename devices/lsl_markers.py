"""Merge markers from a second stream into the chunks of the first, by time."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
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
        time_s = time_s if math.isfinite(time_s) else arrival_s
        marker = Marker(time_s, plain_text(label, MAX_LABEL_CHARS), stream)
        heapq.heappush(self._heap, (time_s, next(self._order), arrival_s, marker))

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


def label_of(values: Iterable[object], names: Sequence[str] = ()) -> str:
    """Write one sample of a marker stream as a label.

    Parameters
    ----------
    values
        One for each channel: text as bytes, or numbers.
    names
        Of the channels. Where several channels hold numbers, one channel stands for one kind of marker, as MNE-LSL's
        player sends annotations: the label names those that are not 0.
    """
    parts = list(values)
    if len(parts) > 1 and len(names) == len(parts) and not any(isinstance(part, bytes) for part in parts):
        return "/".join(name for name, part in zip(names, parts, strict=True) if part)
    return "/".join(map(_text, parts))


def _text(value: object) -> str:
    """Write a value as a label; text from the network need not be UTF-8."""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return f"{value:g}" if isinstance(value, float) else str(value)
