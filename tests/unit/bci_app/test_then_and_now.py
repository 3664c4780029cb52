from __future__ import annotations

from collections import Counter

import pytest

from bci_app.agreement import judge
from bci_app.then_and_now import Pair, ThenAndNow
from devices.recording_data import Span

RECORDED = (Span(0.0, 2.0, "decision/rest"), Span(0.5, 2.5, "decision/none"), Span(1.0, 3.0, "decision/task"))


def test_windows_are_paired_by_their_end_and_differences_are_listed() -> None:
    both = ThenAndNow(RECORDED)
    both.add(0.0, 2.0001, "rest")
    both.add(0.5, 2.4999, "")
    assert both.add(1.0, 3.0, "rest") == Pair(1.0, 3.0, "task", "rest")
    assert (both.agreeing, len(both.pairs)) == (2, 3)
    assert both.differences == [Pair(1.0, 3.0, "task", "rest")]
    assert both.words() == "2 of 3 windows are decided as they were then"


def test_a_window_that_was_not_recorded_is_not_compared_and_one_that_comes_again_counts_once() -> None:
    both = ThenAndNow(RECORDED)
    assert both.add(0.2, 2.2, "rest") is None
    assert both.add(9.0, 11.0, "rest") is None
    assert both.words() == ""
    both.add(1.0, 3.0, "rest")
    both.add(1.0, 3.0, "task")
    assert (both.agreeing, len(both.pairs)) == (1, 1)


def test_only_windows_within_one_true_state_are_judged() -> None:
    truth = [(0.0, "rest"), (10.0, "task")]
    spans = [(-1.0, 1.0, "rest"), (1.0, 3.0, "rest"), (2.0, 4.0, "task"), (9.0, 11.0, "rest"), (11.0, 13.0, "task")]
    found = judge(truth, spans)
    assert found.confusion == Counter({("rest", "rest"): 1, ("rest", "task"): 1, ("task", "task"): 1})
    assert (found.agreeing, found.judged, found.chance) == (2, 3, 0.5)
    assert found.balanced_accuracy == pytest.approx(0.75)


def test_without_truth_there_is_no_agreement() -> None:
    found = judge([], [(1.0, 3.0, "rest")])
    assert (found.judged, found.balanced_accuracy, found.chance) == (0, None, None)
