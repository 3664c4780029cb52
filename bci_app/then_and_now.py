"""Decisions that were recorded beside those that a replay makes of the same windows."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from bci_app.events import DecisionEvent, Event, OutlineEvent, PlaybackEvent, Session
from devices.recording_data import Span

PREFIX, NONE = "decision/", "none"
SAME_WINDOW_S = 0.002
"""Ends of one window, then and now, differ by rounding alone."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One window, decided twice; empty labels are abstentions.

    Parameters
    ----------
    start_s, end_s
        The window, from the recording's first sample.
    then, now
        What was decided.
    """

    start_s: float
    end_s: float
    then: str
    now: str

    @property
    def agrees(self) -> bool:
        """Whether both say the same."""
        return self.then == self.now


class ThenAndNow:
    """Pairs each decision with the recorded one of the same window; a window that is replayed again counts once.

    Parameters
    ----------
    recorded
        What was decided then, as ``decision/<class>`` or ``decision/none``, from the recording's first sample.
    """

    def __init__(self, recorded: Sequence[Span]) -> None:
        self.recorded = sorted(recorded, key=lambda span: span.end_s)
        self._ends = [span.end_s for span in self.recorded]
        self._pairs: dict[int, Pair] = {}

    def add(self, start_s: float, end_s: float, label: str) -> Pair | None:
        """Take a decision of now; return the pair, None where nothing was recorded of that window."""
        place = bisect_left(self._ends, end_s - SAME_WINDOW_S)
        if place == len(self._ends) or self._ends[place] > end_s + SAME_WINDOW_S:
            return None
        pair = self._pairs[place] = Pair(start_s, end_s, label_of(self.recorded[place]), label)
        return pair

    @property
    def pairs(self) -> list[Pair]:
        """Windows decided then and now, in the order of time."""
        return [self._pairs[place] for place in sorted(self._pairs)]

    @property
    def agreeing(self) -> int:
        """Windows on which both agree."""
        return sum(pair.agrees for pair in self._pairs.values())

    @property
    def differences(self) -> list[Pair]:
        """Windows on which they differ, in the order of time."""
        return [pair for pair in self.pairs if not pair.agrees]

    def words(self) -> str:
        """Return the count in words; empty where nothing could be compared."""
        if not self._pairs:
            return ""
        return f"{self.agreeing} of {len(self._pairs)} windows are decided as they were then"


class ReplayComparison:
    """A sink that compares a replay with what was recorded; also fed by the window with events from the pipe."""

    def __init__(self) -> None:
        self.found = ThenAndNow(())
        self._origin_s = 0.0

    def open(self, session: Session) -> None:
        """Begin anew."""
        self.found = ThenAndNow(())

    def accept(self, event: Event) -> None:
        """Take one event."""
        match event:
            case OutlineEvent(outline):
                self.found = ThenAndNow(outline.decisions)
            case PlaybackEvent(state):
                self._origin_s = state.origin_s
            case DecisionEvent(d):
                self.found.add(d.start_s - self._origin_s, d.end_s - self._origin_s, d.label)

    def close(self) -> None:
        """Nothing to free."""


def label_of(span: Span) -> str:
    """Return the class that was recorded; empty where none was decided."""
    label = span.label.removeprefix(PREFIX)
    return "" if label == NONE else label
