"""How fast a recorded session was: durations of its loop, and from the last sample of a window to its decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci_app.report.deciders import latencies_ms
from bci_app.timing import SECTIONS
from devices.recorded_session import Columns, RecordedSession
from pipelines.decision import Decision

TITLES = {
    "read": "reading (waiting included)",
    "pipeline": "signal stages",
    "decode": "decoding",
    "sinks": "recording and sending",
    "latency": "newest sample to decision",
}


@dataclass(frozen=True, slots=True)
class SectionLatency:
    """Durations of one section (ms).

    Parameters
    ----------
    title
        In words.
    p50_ms, p99_ms
        Of all values; of a section of the loop, from the percentiles of each second, weighted by what it counted.
    worst_ms
        The longest.
    count
        How often it ran.
    """

    title: str
    p50_ms: float
    p99_ms: float
    worst_ms: float
    count: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """The session's timing.

    Parameters
    ----------
    sections
        Those that ran.
    late_ms
        How far samples lay behind the clock when they were read, median over the seconds (ms); None for a replay.
    lost_samples, dropped_windows, samples
        What was lost at the source, given up by a slow decoder, and received.
    seconds
        How many seconds were measured.
    """

    sections: tuple[SectionLatency, ...]
    late_ms: float | None
    lost_samples: int
    dropped_windows: int
    samples: int
    seconds: int


def certify(session: RecordedSession, decisions: Sequence[Decision] = ()) -> Certificate | None:
    """Return the timing of a session and its decisions; None where none was recorded."""
    timing = session.timing
    if not len(timing):
        return None
    sections = [found for name in SECTIONS if (found := _section(timing, name)) is not None]
    took_ms = latencies_ms(decisions)
    if took_ms.size:
        p50, p99, worst = (float(v) for v in np.percentile(took_ms, [50, 99, 100]))
        sections.append(SectionLatency("end of window to decision", p50, p99, worst, took_ms.size))
    late_s = timing["late_s"]
    return Certificate(
        tuple(sections),
        float(np.median(late_s)) * 1e3 if late_s.any() else None,
        int(timing["lost_samples"][-1]),
        int(timing["dropped_windows"][-1]),
        int(timing["samples"][-1]),
        len(timing),
    )


def _section(timing: Columns, name: str) -> SectionLatency | None:
    count = timing[f"{name}_count"]
    ran = count > 0
    if not ran.any():
        return None
    weights = count[ran]
    return SectionLatency(
        TITLES[name],
        _weighted(timing[f"{name}_p50_ms"][ran], weights, 0.5),
        _weighted(timing[f"{name}_p99_ms"][ran], weights, 0.99),
        float(timing[f"{name}_worst_ms"][ran].max()),
        int(weights.sum()),
    )


def _weighted(values: NDArray[np.float64], weights: NDArray[np.float64], share: float) -> float:
    """Return the value below which a share of the weight lies."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(reached, share)), len(values) - 1)])
