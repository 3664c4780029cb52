"""What a running session is asked, and what came back, as events; the engine only passes them on."""

from __future__ import annotations

from bci_app.events import AnswerEvent, QuestionEvent
from devices.clock import now_s
from models.unimind.replies import Asked, Level
from pipelines.errors import ModelError

Said = tuple[Level, str]
"""How grave, and what, in plain words."""


class Questions:
    """Used on the engine's thread. ``news`` never waits for whoever answers."""

    def __init__(self) -> None:
        self._told: tuple[str, tuple[str, ...]] = ("", ())

    def news(self, asked: Asked | None) -> list[QuestionEvent | AnswerEvent | Said]:
        """Return what has come since the last call: first what is asked now, if that is another question."""
        found: list[QuestionEvent | AnswerEvent | Said] = []
        now = ("", ()) if asked is None else (asked.question, tuple(asked.cards))
        if now != self._told:
            self._told = now
            found.append(QuestionEvent(*now, now_s()))
        if asked is not None:
            found += asked.complaints()
            found += [AnswerEvent(reply, now_s()) for reply in asked.replies()]
        return found


def ask(asked: Asked | None, task: str) -> None:
    """Ask another question.

    Raises
    ------
    ModelError
        If nobody answers, or there is no such question.
    """
    if asked is None:
        raise ModelError("the decoder that runs answers no questions: choose one of the kind 'unimind'")
    asked.ask(task)
