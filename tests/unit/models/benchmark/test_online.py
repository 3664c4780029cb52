"""Figures of live decisions, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.benchmark.online import CONTRADICTORY, NONE, Session, judge, truth_of
from models.dataset import Trial
from pipelines.decision import Decision

LABELS = ("rest", "task")
RATE_HZ, HOP_S, WINDOW_S = 10.0, 0.5, 1.0


def decision(number: int, label: str, reason: str = "") -> Decision:
    start_s = number * HOP_S
    p = (0.5, 0.5) if reason else (0.9, 0.1) if label == "rest" else (0.1, 0.9)
    return Decision(number, start_s, start_s + WINDOW_S - 0.1, LABELS, p, "m", abstained=bool(reason), reason=reason)


def session(
    said: str,
    trials: tuple[Trial, ...],
    calibration: tuple[tuple[float, float], ...] = (),
    delay_s: float = 0.0,
    from_s: float = 0.0,
) -> Session:
    """One decision every half second: r, t, or - for an abstention."""
    decisions = tuple(
        decision(k, {"r": "rest", "t": "task"}.get(c, ""), "" if c != "-" else "samples were lost")
        for k, c in enumerate(said)
    )
    return Session(decisions, trials, from_s, calibration, len(said) * HOP_S + HOP_S, delay_s, 1 / RATE_HZ)


TWO = (Trial(0.0, 3.0, "rest"), Trial(3.0, 6.0, "task"))


def test_only_windows_wholly_inside_one_interval_are_judged() -> None:
    truth = truth_of(session("rrrrrrttttt", TWO), LABELS)
    assert truth.tolist() == [0, 0, 0, 0, 0, NONE, 1, 1, 1, 1, 1]


def test_a_delay_shifts_what_a_window_shows() -> None:
    truth = truth_of(session("rrrrrrttttttt", TWO, delay_s=0.5), LABELS)
    assert truth.tolist() == [NONE, 0, 0, 0, 0, 0, NONE, 1, 1, 1, 1, 1, NONE]


def test_the_begin_of_a_trial_may_be_left_out() -> None:
    truth = truth_of(session("rrrrrrttttt", TWO, from_s=1.0), LABELS)
    assert truth.tolist() == [NONE, NONE, 0, 0, 0, NONE, NONE, NONE, 1, 1, 1]


def test_what_calibration_has_seen_is_not_judged() -> None:
    truth = truth_of(session("rrrrrrttttt", TWO, calibration=((0.0, 1.0),)), LABELS)
    assert truth.tolist() == [NONE, NONE, 0, 0, 0, NONE, 1, 1, 1, 1, 1]


def test_overlapping_trials_count_where_they_agree() -> None:
    trials = (Trial(0.0, 3.0, "rest"), Trial(1.0, 4.0, "rest"), Trial(2.0, 5.0, "task"))
    truth = truth_of(session("rrrrrrrrr", trials), LABELS)
    assert truth.tolist() == [0, 0, 0, 0, CONTRADICTORY, CONTRADICTORY, CONTRADICTORY, 1, 1]


def test_figures_of_one_session() -> None:
    found = judge([session("rtr-rrrtrtt", TWO)], LABELS, HOP_S)
    assert (found.n_windows, found.n_judged) == (11, 9)
    assert found.balanced_accuracy == pytest.approx((3 / 4 + 3 / 5) / 2)
    assert found.decisions_per_min == pytest.approx(10 / 6.0 * 60)
    assert found.abstained == pytest.approx(1 / 11)
    assert dict(found.reasons) == {"samples were lost": 1}
    # Rest is right with the first window, which ends at 1 s; task with the one from 3.5 to 4.5 s.
    assert found.first_right_s == pytest.approx((1.0 + 1.5) / 2)
    assert (found.n_changes, found.n_missed) == (2, 0)
    # r→t in rest and t→r in task; the fault that begins with the state is no switch.
    assert found.false_switches_per_min == pytest.approx(2 / (10 * HOP_S / 60))


def test_a_state_that_is_never_recognised_is_missed() -> None:
    found = judge([session("r" * 11, TWO)], LABELS, HOP_S)
    assert (found.n_changes, found.n_missed) == (2, 1)
    assert found.first_right_s == pytest.approx(1.0)
    assert found.false_switches_per_min == 0.0


def test_trials_of_one_label_in_a_row_are_one_state_and_a_calibrated_one_is_no_change() -> None:
    trials = (Trial(0.0, 2.0, "rest"), Trial(2.0, 4.0, "rest"), Trial(4.0, 6.0, "task"))
    found = judge([session("r" * 6 + "t" * 5, trials, calibration=((0.0, 1.0),))], LABELS, HOP_S)
    assert found.n_changes == 1


def test_sessions_of_a_person_are_pooled() -> None:
    rest, task = session("rrr", (Trial(0.0, 2.0, "rest"),)), session("ttr", (Trial(0.0, 2.0, "task"),))
    found = judge([rest, task], LABELS, HOP_S)
    assert found.balanced_accuracy == pytest.approx((1.0 + 2 / 3) / 2)
    assert found.n_changes == 2


def test_where_nothing_is_judged_no_figure_is_made_up() -> None:
    found = judge([session("---", TWO)], LABELS, HOP_S)
    assert found.n_judged == 0
    assert found.abstained == 1.0
    assert np.isnan([found.balanced_accuracy, found.first_right_s]).all()
    nothing = judge([], LABELS, HOP_S)
    assert np.isnan([nothing.decisions_per_min, nothing.abstained, nothing.false_switches_per_min]).all()
