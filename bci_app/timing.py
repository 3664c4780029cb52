"""Measure the loop: durations by section, once a second as a :class:`LoopTiming` event."""

from __future__ import annotations

from time import perf_counter_ns

import numpy as np

from bci_app.events import LoopTiming, SectionTiming

SECTIONS = ("read", "pipeline", "decode", "sinks", "latency")


class LoopTimer:
    """Collects durations; cheap enough for every chunk. Used on the engine's thread."""

    def __init__(self) -> None:
        self._values_ms: dict[str, list[float]] = {name: [] for name in SECTIONS}

    def since(self, name: str, start_ns: int) -> None:
        """Add the time from ``start_ns`` (``time.perf_counter_ns``) to now to one of :data:`SECTIONS`."""
        self._values_ms[name].append((perf_counter_ns() - start_ns) * 1e-6)

    def add(self, name: str, milliseconds: float) -> None:
        """Add a duration measured elsewhere (ms)."""
        self._values_ms[name].append(milliseconds)

    def take(
        self, *, late_s: float, dropped_windows: int, lost_samples: int, samples: int, time_s: float
    ) -> LoopTiming:
        """Return what was collected since the last call, and start anew."""
        sections = tuple(
            SectionTiming(name, *_percentiles(values), len(values))
            for name, values in self._values_ms.items()
            if values
        )
        for values in self._values_ms.values():
            values.clear()
        return LoopTiming(sections, late_s, dropped_windows, lost_samples, samples, time_s)


def _percentiles(values: list[float]) -> tuple[float, float, float]:
    p50, p99, worst = np.percentile(values, [50, 99, 100])
    return float(p50), float(p99), float(worst)
