"""Decisions against what was true: which are judged, the confusion, balanced accuracy and its chance level."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

GROUND_TRUTH = "ground_truth"
"""Stream of the markers that name the true state, each until the next."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often each true state was decided as each class."""

    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(true state, decided class) → windows."""

    @property
    def states(self) -> list[str]:
        """True states that were judged, in alphabetical order."""
        return sorted({state for state, _ in self.confusion})

    @property
    def classes(self) -> list[str]:
        """Everything that was true or decided, in alphabetical order."""
        return sorted({name for pair in self.confusion for name in pair})

    @property
    def judged(self) -> int:
        """Windows that were judged."""
        return self.confusion.total()

    @property
    def agreeing(self) -> int:
        """Windows decided as they truly were."""
        return sum(count for (state, label), count in self.confusion.items() if state == label)

    def of_state(self, state: str) -> tuple[int, int]:
        """Return (agreeing, judged) windows of one true state."""
        judged = sum(count for (true, _), count in self.confusion.items() if true == state)
        return self.confusion[state, state], judged

    @property
    def balanced_accuracy(self) -> float | None:
        """Mean over the true states of the share decided rightly; None where no class bears a state's name."""
        if not {state for state, _ in self.confusion} & {label for _, label in self.confusion}:
            return None
        shares = [agreeing / judged for agreeing, judged in map(self.of_state, self.states)]
        return sum(shares) / len(shares)

    @property
    def chance(self) -> float | None:
        """Balanced accuracy of a decoder that knows nothing: one in as many as there are states; None below two."""
        return 1 / len(self.states) if len(self.states) > 1 else None


def judge(truth: Sequence[tuple[float, str]], spans: Sequence[tuple[float, float, str]]) -> Agreement:
    """Judge decisions; only windows that lie within one true state are judged.

    Parameters
    ----------
    truth
        Time (s) from which a state was true, and the state, in the order of time.
    spans
        Begin and end (s) of each window that was decided, and the class.
    """
    times = [time_s for time_s, _ in truth]
    confusion: Counter[tuple[str, str]] = Counter()
    for start_s, end_s, label in spans:
        first, last = bisect_right(times, start_s), bisect_right(times, end_s)
        if first and first == last:
            confusion[truth[first - 1][1], label] += 1
    return Agreement(confusion)
