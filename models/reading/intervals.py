"""Trials of long recordings: scored epochs, and events with the background between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from models.dataset import Trial


def clipped(trials: Iterable[Trial], stop_s: float, shortest_s: float) -> tuple[Trial, ...]:
    """Return what of trials lies before the end of a recording and is no shorter than wanted, in order of time.

    Scorings run past the end of their recordings by an epoch or by hours.
    """
    kept = (Trial(t.start_s, min(t.stop_s, stop_s), t.label) for t in trials)
    return tuple(sorted((t for t in kept if t.stop_s - t.start_s >= shortest_s), key=lambda t: t.start_s))


def with_background(
    events: Sequence[tuple[float, float]], stop_s: float, *, event: str, background: str
) -> tuple[Trial, ...]:
    """Return trials that cover a recording: events (start_s, stop_s), and background before, between and behind them.

    Events are in order of time and do not overlap.
    """
    trials, at_s = [], 0.0
    for start_s, end_s in events:
        if start_s > at_s:
            trials.append(Trial(at_s, start_s, background))
        trials.append(Trial(start_s, end_s, event))
        at_s = end_s
    if stop_s > at_s:
        trials.append(Trial(at_s, stop_s, background))
    return tuple(trials)
