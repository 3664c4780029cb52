"""What comes back when a running session is asked: an answer with its window, in time or late, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from models.decoder import Decoder
from models.unimind.answers import Answer
from models.unimind.task_cards import TaskCard
from pipelines.percent import percent

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What is known of one question about one window; plain, so that it goes through a pipe.

    Parameters
    ----------
    task
        Name of the card that was asked.
    window_index, start_s, end_s
        The window, its times on the stream's clock (s).
    channels
        Names in the order of the evidence's electrodes.
    bad_channels
        Of these, those that were held to be bad.
    answer
        None where there is none: it is overdue, or was refused.
    took_s
        From the window to the answer, or to now where it is overdue (s).
    late
        Whether that is longer than the deadline.
    refused
        Why there will be no answer; empty where there is one, or one may still come.
    """

    task: str
    window_index: int
    start_s: float
    end_s: float
    channels: tuple[str, ...]
    bad_channels: tuple[str, ...] = ()
    answer: Answer | None = None
    took_s: float = 0.0
    late: bool = False
    refused: str = ""

    def words(self) -> str:
        """Say it in one line; an answer is never anything but one of the card's options, or that it is not sure."""
        if self.answer is None:
            why = self.refused or f"overdue for {self.took_s:.1f} s"
            return f"{self.task}: no answer: {why}"
        best = max(self.answer.probabilities)
        text = f"{self.task}: {self.answer.text}" + ("" if self.answer.unsure else f" ({percent(best)})")
        return f"{text}, late by its {self.took_s:.1f} s" if self.late else text


@runtime_checkable
class Asked(Protocol):
    """A decoder that also answers questions. All methods but ``decode`` may be called from any thread."""

    @property
    def head(self) -> Decoder:
        """Who decides in time, beside the answers."""
        ...

    @property
    def cards(self) -> Mapping[str, TaskCard]:
        """What may be asked of windows that follow one another, by name."""
        ...

    @property
    def question(self) -> str:
        """Name of the card that is asked now; empty: none."""
        ...

    def ask(self, task: str) -> None:
        """Ask another question from the next window on; an empty name asks none. Nothing is loaded for it.

        Raises
        ------
        ModelError
            If there is no such card, or it is about windows that begin at an event.
        """
        ...

    def replies(self) -> Sequence[Reply]:
        """Return what has come since the last call, in order; never waits."""
        ...

    def complaints(self) -> Sequence[tuple[Level, str]]:
        """Return what has become known of whoever answers since the last call."""
        ...

    def close(self) -> None:
        """End whoever answers; twice is harmless."""
        ...
