"""Answers in a process of their own: the newest window wins, a late answer is marked, a death is noticed and mended.

A language model takes its time and its memory, and may hang or die. None of that may reach the loop that decides: the
loop leaves a window here and goes on. A thread of ours feeds the process, so not even a pipe that nobody reads holds
the loop up.
"""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.placement import one_thread
from models.unimind.answers import Answer, Answerer
from models.unimind.replies import Level, Reply
from models.unimind.task_cards import TaskCard
from pipelines.errors import BciError, in_one_line

MAX_DEATHS = 3
"""Deaths without an answer between them after which nobody is started any more."""
LOOK_S = 0.05
"""How often the thread looks whether the process lives, or it is to end (s)."""
CLOSE_S = 2.0
READY, FAILED = "ready", "failed"

Load = Callable[[], Answerer]
"""Makes the answerer in the process; must survive pickling."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question about one window, float32 (n_channels, n_times) at 200 Hz (µV)."""

    card: TaskCard
    samples: NDArray[np.float32]
    about: Reply
    """What the reply says of the window."""
    since_s: float
    """Monotonic clock when the window was there (s)."""


class AnswerProcess:
    """Used by the thread that decides and by the engine's; both only leave and take things under a lock.

    Parameters
    ----------
    load
        Makes the answerer, in the process.
    deadline_s
        An answer that takes longer is late.
    """

    def __init__(self, load: Load, deadline_s: float) -> None:
        self._load, self._deadline_s = load, deadline_s
        self._context = multiprocessing.get_context("spawn")
        self._changed = threading.Condition()
        self._waiting: Request | None = None
        self._asked: Request | None = None
        self._told_overdue = False
        self._replies: deque[Reply] = deque()
        self._complaints: deque[tuple[Level, str]] = deque()
        self._closing = self._given_up = False
        self._deaths = 0
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None
        self.dropped = 0
        """Windows that a newer one replaced before they were asked about."""
        self._thread = threading.Thread(target=self._run, name="answers", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        process = self._process
        return None if process is None else process.pid

    @property
    def ready(self) -> bool:
        """Whether it has loaded and lives."""
        return self._connection is not None

    def submit(self, request: Request) -> None:
        """Leave a window; one that still waits is replaced. Never waits."""
        with self._changed:
            if self._given_up or self._closing:
                return
            self.dropped += self._waiting is not None
            self._waiting = request
            self._changed.notify_all()

    def wait_ready(self, timeout_s: float) -> None:
        """Wait until it has loaded, or will not."""
        with self._changed:
            self._changed.wait_for(lambda: self.ready or self._given_up or self._closing, timeout_s)

    def wait(self, timeout_s: float) -> None:
        """Wait until what was left has been answered, for replays in which nothing is to be dropped."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._given_up or self._closing or (self._waiting is None and self._asked is None), timeout_s
            )

    def replies(self) -> list[Reply]:
        """Return what has come, and once for every question that is overdue, that it is."""
        with self._changed:
            found = list(self._replies)
            self._replies.clear()
            asked = self._asked
            if asked is not None and not self._told_overdue:
                took_s = time.monotonic() - asked.since_s
                if took_s > self._deadline_s:
                    self._told_overdue = True
                    found.append(replace(asked.about, took_s=took_s, late=True))
        return found

    def complaints(self) -> list[tuple[Level, str]]:
        """Return what is to be told of the process."""
        with self._changed:
            found = list(self._complaints)
            self._complaints.clear()
        return found

    def close(self) -> None:
        """End the process, whatever it does; twice is harmless."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(CLOSE_S)
        self._end()

    def _run(self) -> None:
        while not self._closing and not self._given_up:
            if self._connection is None:
                self._start()
                continue
            with self._changed:
                self._changed.wait_for(lambda: self._waiting is not None or self._closing, LOOK_S)
                request, self._waiting = self._waiting, None
                self._asked, self._told_overdue = request, False
            if request is not None:
                self._ask(request)
            elif self._process is not None and not self._process.is_alive():
                self._died()
        with self._changed:
            self._changed.notify_all()

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        self._process = self._context.Process(
            target=_serve, args=(self._load, theirs), name="unimind-answers", daemon=True
        )
        self._process.start()
        theirs.close()
        word = self._receive(ours)
        if word == READY:
            with self._changed:
                self._connection = ours
                self._changed.notify_all()
            return
        ours.close()
        if isinstance(word, tuple):
            self._give_up(f"nothing is answered: {word[1]}")
        elif word is None and not self._closing:
            self._died()

    def _ask(self, request: Request) -> None:
        assert self._connection is not None
        try:
            self._connection.send((request.card, request.samples, request.about.channels))
        except OSError:
            self._died()
            return
        word = self._receive(self._connection)
        if word is None:
            if not self._closing:
                self._died()
            return
        took_s = time.monotonic() - request.since_s
        reply = replace(request.about, took_s=took_s, late=took_s > self._deadline_s)
        if isinstance(word, Answer):
            self._deaths = 0
            self._tell(replace(reply, answer=word))
        else:
            self._tell(replace(reply, refused=str(word[1])))

    def _receive(self, connection: Connection) -> Any:
        """Return the process's next word; None if it died, or we are to end."""
        while not self._closing:
            try:
                if connection.poll(LOOK_S):
                    return connection.recv()
            except (EOFError, OSError):
                return None
        return None

    def _died(self) -> None:
        process = self._process
        code = None
        if process is not None:
            process.join(LOOK_S)
            code = process.exitcode
        with self._changed:
            asked = self._asked
        if asked is not None:
            self._tell(replace(asked.about, refused="the process of the answers died"))
        self._end()
        self._deaths += 1
        text = f"the process of the answers died (exit code {code})"
        if self._deaths >= MAX_DEATHS:
            self._give_up(f"{text}, {MAX_DEATHS} times without an answer")
        else:
            self._complain("warning", f"{text} and is started anew; decisions go on")

    def _give_up(self, text: str) -> None:
        with self._changed:
            self._given_up, self._waiting, self._asked = True, None, None
            self._changed.notify_all()
        self._complain("error", f"{text}; decisions go on without answers")

    def _tell(self, reply: Reply) -> None:
        with self._changed:
            self._replies.append(reply)
            self._asked = None
            self._changed.notify_all()

    def _complain(self, level: Level, text: str) -> None:
        with self._changed:
            self._complaints.append((level, text))

    def _end(self) -> None:
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection is not None:
            connection.close()
        if process is not None and process.pid is not None:
            process.kill()  # it keeps nothing that would have to be finished, and may hang
            process.join(CLOSE_S)


def _serve(load: Load, connection: Connection) -> None:
    """Answer until the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the session's to obey, which then ends us
    try:
        answerer = load()
        one_thread()
    except BciError as exc:
        connection.send((FAILED, str(exc)))
        return
    connection.send(READY)
    while True:
        try:
            card, samples, channels = connection.recv()
        except (EOFError, OSError):
            return
        try:
            (answer,) = answerer.answer_many(samples[None], channels, card)
        except BciError as exc:
            connection.send((FAILED, in_one_line(exc)))
        else:
            connection.send(answer)
