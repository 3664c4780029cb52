"""The process of the answers: in time, late, dead, refused; never in the way of whoever decides."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np
import pytest

from models.unimind.answer_process import AnswerProcess, Load, Request
from models.unimind.answers import Answer, Answerer, Evidence
from models.unimind.replies import Reply
from models.unimind.task_cards import TaskCard, cards
from pipelines.errors import CheckpointInvalid, DecodeFailed

CARD = cards()["eyes"]
CHANNELS = ("O1", "O2")


class PowerAnswerer:
    """Answers by the power of the window: a real answerer without weights."""

    cards: Mapping[str, TaskCard] = cards()
    model_id = "power-1"

    def answer_many(
        self, windows: np.ndarray, channels: Sequence[str], card: TaskCard, question: str = ""
    ) -> list[Answer]:
        if not np.isfinite(windows).all():
            raise DecodeFailed("power-1: a sample is not finite")
        return [self._answer(window, channels, card) for window in windows]

    def _answer(self, window: np.ndarray, channels: Sequence[str], card: TaskCard) -> Answer:
        p = float(1 / (1 + np.exp(5.0 - window.std())))
        shares = (1 - p, p)
        evidence = Evidence((1 / len(channels),) * len(channels), (1.0,), (1.0,), (1.0,), 3)
        text = card.options[int(p > 0.5)]
        return Answer(card.name, card.questions[0], card.options, shares, False, text, "head", evidence, self.model_id)


def good() -> Answerer:
    return PowerAnswerer()


def broken() -> Answerer:
    raise CheckpointInvalid("FOLDER: tensor 'x' is missing")


def crashing() -> Answerer:
    os._exit(3)


def request(index: int = 0, level: float = 1.0, card: TaskCard = CARD) -> Request:
    rows = (level * np.random.default_rng(index).standard_normal((2, 400))).astype(np.float32)
    return Request(card, rows, Reply(card.name, index, float(index), index + 2.0, CHANNELS), time.monotonic())


@pytest.fixture
def started() -> Iterator[Callable[..., AnswerProcess]]:
    made: list[AnswerProcess] = []

    def start(load: Load = good, deadline_s: float = 30.0) -> AnswerProcess:
        made.append(AnswerProcess(load, deadline_s))
        made[-1].wait_ready(60.0)
        return made[-1]

    yield start
    for process in made:
        process.close()


def until(condition: Callable[[], object], timeout_s: float = 60.0) -> None:
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, "nothing happened"
        time.sleep(0.01)


def test_windows_are_answered_in_order_and_say_which_they_are(started: Callable[..., AnswerProcess]) -> None:
    process = started()
    for index, level in enumerate((1.0, 20.0, 1.0)):
        process.submit(request(index, level))
        process.wait(60.0)
    replies = process.replies()
    assert [reply.window_index for reply in replies] == [0, 1, 2]
    assert [reply.answer.text for reply in replies if reply.answer] == ["open", "closed", "open"]
    assert not any(reply.late or reply.refused for reply in replies)
    assert process.replies() == []


def test_another_question_needs_nothing_new(started: Callable[..., AnswerProcess]) -> None:
    process = started()
    pid = process.pid
    for name in ("eyes", "mental_workload"):
        process.submit(request(0, 20.0, cards()[name]))
        process.wait(60.0)
    assert [reply.answer.text for reply in process.replies() if reply.answer] == ["closed", "mental arithmetic"]
    assert process.pid == pid


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs signals that stop a process")
def test_a_stalled_process_holds_nobody_up_and_its_answer_is_marked_late(
    started: Callable[..., AnswerProcess],
) -> None:
    process = started(deadline_s=0.3)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        process.submit(request(0))
        found: list[Reply] = []
        until(lambda: found.extend(process.replies()) or found)
        assert (found[0].answer, found[0].late, found[0].refused) == (None, True, "")
        # What is submitted meanwhile returns at once and the newest waits; none is told overdue before it is asked.
        for index in range(1, 40):
            process.submit(request(index))
        assert process.dropped == 38
        assert process.replies() == []
    finally:
        os.kill(process.pid, signal.SIGCONT)
    process.wait(60.0)
    late, newest = process.replies()
    assert late.window_index == 0
    assert late.late
    assert late.answer is not None
    assert late.took_s > 0.3
    assert newest.window_index == 39


def test_death_is_noticed_and_another_process_goes_on(started: Callable[..., AnswerProcess]) -> None:
    process = started()
    first = process.pid
    assert first is not None
    os.kill(first, signal.SIGTERM)
    told: list[tuple[str, str]] = []
    until(lambda: told.extend(process.complaints()) or told)
    assert told[0][0] == "warning"
    assert "died" in told[0][1]
    process.wait_ready(60.0)
    process.submit(request(5))
    process.wait(60.0)
    assert process.pid != first
    assert [reply.window_index for reply in process.replies() if reply.answer] == [5]


@pytest.mark.parametrize(("load", "text"), [(broken, "tensor 'x' is missing"), (crashing, "3 times")])
def test_what_cannot_be_started_is_given_up_with_the_reason(
    started: Callable[..., AnswerProcess], load: Load, text: str
) -> None:
    process = started(load)
    told: list[tuple[str, str]] = []
    until(lambda: told.extend(process.complaints()) or any(level == "error" for level, _ in told))
    assert text in told[-1][1]
    process.submit(request(0))
    process.wait(60.0)
    assert process.replies() == []


def test_a_window_that_cannot_be_answered_is_refused_and_the_next_one_is_not(
    started: Callable[..., AnswerProcess],
) -> None:
    process = started()
    bad = request(0)
    bad.samples[0, 3] = np.nan
    for one in (bad, request(1)):
        process.submit(one)
        process.wait(60.0)
    refused, answered = process.replies()
    assert "not finite" in refused.refused
    assert "no answer" in refused.words()
    assert answered.answer is not None


def test_closing_twice_ends_the_process(started: Callable[..., AnswerProcess]) -> None:
    process = started(partial(good))
    process.close()
    process.close()
    assert process.pid is None
    process.submit(request(0))
    assert process.replies() == []
