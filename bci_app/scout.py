"""Looking around in a child process: what may take long, or hang in a driver, never holds up the window.

Each :class:`Scout` is one child with one errand, and can be given up at any moment.
"""

from __future__ import annotations

import importlib
import multiprocessing
import signal
from multiprocessing.connection import Connection
from typing import Any

from pipelines.errors import BciError, in_one_line


class Answer:
    """What an errand came to: ``value``, or ``error`` in plain words."""

    __slots__ = ("error", "value")

    def __init__(self, value: Any = None, error: str = "") -> None:
        self.value, self.error = value, error


class Scout:
    """Calls a function in a child, once or again and again. Used by one thread.

    Parameters
    ----------
    errand
        ``module:function``; a name, so that the window's process imports nothing of what the child needs.
    arguments
        Its arguments; they and what it returns can be sent through a pipe.
    repeat
        Whether to do it anew after each answer, until :meth:`close`.
    """

    def __init__(self, errand: str, *arguments: Any, repeat: bool = False) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, child = context.Pipe()
        self._process = context.Process(
            target=_child, args=(child, errand, arguments, repeat), name="bci_app-scout", daemon=True
        )
        self._process.start()
        child.close()

    def poll(self) -> list[Answer]:
        """Return the answers that wait, without blocking; a child that died without one answers with an error."""
        answers = []
        alive = self._process.is_alive()
        try:
            while self._connection.poll(0):
                answers.append(self._connection.recv())
        except (EOFError, OSError):
            if not answers and not alive and self._process.exitcode:
                answers.append(Answer(error=f"the look at the device ended with exit code {self._process.exitcode}"))
        return answers

    def is_alive(self) -> bool:
        """Whether an answer may still come."""
        return self._process.is_alive()

    def close(self) -> None:
        """Give it up; may be called twice."""
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(0.5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(0.5)
        self._connection.close()


def _child(connection: Connection, errand: str, arguments: tuple[Any, ...], repeat: bool) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            module, _, function = errand.partition(":")
            answer = Answer(getattr(importlib.import_module(module), function)(*arguments))
        except BciError as exc:
            answer = Answer(error=str(exc))
        except Exception as exc:  # noqa: BLE001 - a driver may raise anything, and the person must hear of it
            answer = Answer(error=in_one_line(exc))
        try:
            connection.send(answer)
        except OSError:
            return  # nobody wants to know any more
        if not repeat:
            return
