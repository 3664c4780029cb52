"""What the decisions of a live session are worth: right or wrong, how often, how soon, how steadily.

Windows of a live session lie on a grid of their own. A decision is judged if its window lies wholly inside one labelled
interval, or in several that agree, and shares no moment with what the decoder was calibrated on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.benchmark.metrics import balanced_accuracy
from models.dataset import Trial
from pipelines.decision import Decision

NONE, CONTRADICTORY = -1, -2
"""Instead of the number of a class: in no interval; in intervals of different labels."""


@dataclass(frozen=True, slots=True)
class Session:
    """What was decided while one recording was played.

    Parameters
    ----------
    decisions
        In order, abstentions among them.
    trials
        Labelled intervals on the recording's clock, in order of time.
    from_s
        How long after its start a trial counts (s).
    calibration
        Intervals (start_s, stop_s) that the decoder was calibrated on.
    length_s
        Length of the recording (s).
    delay_s
        Delay of the stages (s): what a window shows happened that much earlier than its time stamps say.
    period_s
        Time between two samples of a window (s).
    """

    decisions: tuple[Decision, ...]
    trials: tuple[Trial, ...]
    from_s: float
    calibration: tuple[tuple[float, float], ...]
    length_s: float
    delay_s: float
    period_s: float

    def spans(self) -> NDArray[np.float64]:
        """Return when what each window shows began and ended on the recording's clock, (n_windows, 2)."""
        pairs = [(d.start_s, d.end_s + self.period_s) for d in self.decisions]
        return np.array(pairs, dtype=np.float64).reshape(-1, 2) - self.delay_s


@dataclass(frozen=True, slots=True)
class OnlineScores:
    """One person's figures; NaN where there is nothing to tell of.

    Parameters
    ----------
    n_windows, n_judged
        Windows of the sessions; of these, decisions that were judged.
    balanced_accuracy
        Of the judged decisions; abstentions do not count.
    decisions_per_min
        Decisions given per minute of signal.
    abstained
        Share of windows without a decision.
    reasons
        Why, and how often.
    first_right_s
        Median over changes of state of the time (s) from the change to the first right decision; its window may reach
        back before the change. The begin of a recording is a change; one the calibration covers is not.
    n_changes, n_missed
        Changes of state, and those after which no decision was right while the state lasted.
    false_switches_per_min
        Per minute of judged windows: how often the decision changed to a wrong one while the state did not change.
    """

    n_windows: int
    n_judged: int
    balanced_accuracy: float
    decisions_per_min: float
    abstained: float
    reasons: Mapping[str, int]
    first_right_s: float
    n_changes: int
    n_missed: int
    false_switches_per_min: float


def judge(sessions: Sequence[Session], labels: Sequence[str], hop_s: float) -> OnlineScores:
    """Judge one person's sessions.

    Parameters
    ----------
    labels
        Class names, in the order of the probabilities.
    hop_s
        Step between windows (s).
    """
    truths = [truth_of(session, labels) for session in sessions]
    decided = [np.array([not d.abstained for d in session.decisions], dtype=bool) for session in sessions]
    said = np.array([d.probabilities for session in sessions for d in session.decisions]).reshape(-1, len(labels))
    truth, given = np.concatenate([np.empty(0, np.int64), *truths]), np.concatenate([np.empty(0, bool), *decided])
    judged = given & (truth >= 0)
    waits = [wait for session in sessions for wait in _waits(session)]
    arrived = [wait for wait in waits if np.isfinite(wait)]
    minutes = sum(session.length_s for session in sessions) / 60
    judged_min = float((truth >= 0).sum()) * hop_s / 60
    switches = sum(_false_switches(s, t, g, labels) for s, t, g in zip(sessions, truths, decided, strict=True))
    return OnlineScores(
        n_windows=truth.size,
        n_judged=int(judged.sum()),
        balanced_accuracy=balanced_accuracy(truth[judged], said[judged]) if judged.any() else np.nan,
        decisions_per_min=float(given.sum()) / minutes if minutes else np.nan,
        abstained=float(1 - given.mean()) if given.size else np.nan,
        reasons=Counter(d.reason for session in sessions for d in session.decisions if d.abstained),
        first_right_s=float(np.median(arrived)) if arrived else np.nan,
        n_changes=len(waits),
        n_missed=len(waits) - len(arrived),
        false_switches_per_min=switches / judged_min if judged_min else np.nan,
    )


def truth_of(session: Session, labels: Sequence[str]) -> NDArray[np.int64]:
    """Return the class number of each window (n_windows,), :data:`NONE` or :data:`CONTRADICTORY`."""
    spans, numbers = session.spans(), {label: number for number, label in enumerate(labels)}
    tolerance_s = 0.5 * session.period_s
    truth = np.full(len(spans), NONE, dtype=np.int64)
    for trial in session.trials:
        first = int(np.searchsorted(spans[:, 0], trial.start_s + session.from_s - tolerance_s))
        last = int(np.searchsorted(spans[:, 1], trial.stop_s + tolerance_s, side="right"))
        inside, number = truth[first : max(first, last)], numbers[str(trial.label)]
        inside[:] = np.where((inside == NONE) | (inside == number), number, CONTRADICTORY)
    for start_s, stop_s in session.calibration:
        truth[(spans[:, 0] < stop_s - tolerance_s) & (spans[:, 1] > start_s + tolerance_s)] = NONE
    return truth


def _waits(session: Session) -> list[float]:
    """Return the time from each change of state to the first right decision (s); infinite where there was none."""
    ends_s = np.array([d.end_s + session.period_s for d in session.decisions])
    waits, before = [], None
    for trial in session.trials:
        changed, before = trial.label != before, trial.label
        known = any(start_s < trial.stop_s and trial.start_s < stop_s for start_s, stop_s in session.calibration)
        if not changed or known:
            continue
        # Up to the last window that can show something of the state.
        first, last = np.searchsorted(ends_s, [trial.start_s, trial.stop_s + session.delay_s], side="right")
        right = (k for k in range(first, last) if session.decisions[k].label == trial.label)
        k = next(right, None)
        waits.append(np.inf if k is None else float(ends_s[k]) - trial.start_s)
    return waits


def _false_switches(session: Session, truth: NDArray[np.int64], given: NDArray[np.bool_], labels: Sequence[str]) -> int:
    """Count changes to a wrong decision between neighbours of the same truth, abstentions left out."""
    count, before, state = 0, "", NONE
    for number in np.flatnonzero(given):
        label = session.decisions[number].label
        now = int(truth[number])
        count += now >= 0 and now == state and label not in (before, labels[now])
        before, state = label, now
    return count
