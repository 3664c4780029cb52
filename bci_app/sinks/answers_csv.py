"""Answers as CSV beside the head's decisions: one line for each window that was asked about, in time or late."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from bci_app.csv_file import CsvFile
from bci_app.events import AnswerEvent, ChunkEvent, DecisionEvent, DecoderEvent, Event, Session
from models.unimind.replies import Reply
from pipelines.decision import Decision
from pipelines.plugins import PluginSettings

COLUMNS = (
    *("window_index", "start_s", "end_s", "head", "task", "answer", "unsure", "probability", "options"),
    *("probabilities", "took_s", "late", "refused"),
)
KEPT = 512
"""Decisions that are kept for the answers that are still to come."""


class Settings(PluginSettings):
    """Columns: the window, what the head decided on it, the card, the answer and how sure, how long it took.

    ``options`` and ``probabilities`` are lists with | between; a reply without an answer leaves them empty.
    """

    path: str = Field("answers.csv", min_length=1, description="The file; one that exists is replaced.")


class AnswersCsv:
    """Times are seconds from the first sample of the stream. Every line is handed to the system at once."""

    def __init__(self, settings: Settings) -> None:
        self._path = Path(settings.path)
        self._file: CsvFile | None = None
        self._origin_s: float | None = None
        self._heads: dict[int, Decision] = {}

    def open(self, session: Session) -> None:
        """Write the heading.

        Raises
        ------
        RecordingError
            If the file cannot be written.
        """
        self.close()
        self._origin_s = None
        self._heads.clear()
        self._file = CsvFile(self._path)
        self._file.write(COLUMNS)

    def accept(self, event: Event) -> None:
        """Write a reply; decisions are kept for those that come later, other events are passed over.

        Raises
        ------
        RecordingError
            If the line could not be written.
        """
        match event:
            case ChunkEvent(chunk) if self._origin_s is None and chunk.n_samples:
                self._origin_s = float(chunk.times_s[0])
            case DecoderEvent():
                self._heads.clear()  # another head counts its windows as it likes
            case DecisionEvent(decision):
                self._heads[decision.window_index] = decision
                if len(self._heads) > KEPT:
                    del self._heads[next(iter(self._heads))]
            case AnswerEvent(reply) if self._file is not None:
                self._file.write(self._row(reply))

    def close(self) -> None:
        """Close the file.

        Raises
        ------
        RecordingError
            If what was left could not be written.
        """
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _row(self, reply: Reply) -> list[str | int]:
        origin_s = reply.start_s if self._origin_s is None else self._origin_s
        head, answer = self._heads.get(reply.window_index), reply.answer
        said: list[str | int] = ["", "", "", "", ""]
        if answer is not None:
            shares = "|".join(repr(float(p)) for p in answer.probabilities)
            best = repr(float(max(answer.probabilities)))
            said = [answer.text, int(answer.unsure), best, "|".join(answer.options), shares]
        return [
            reply.window_index,
            f"{reply.start_s - origin_s:.6f}",
            f"{reply.end_s - origin_s:.6f}",
            "" if head is None else head.label,
            reply.task,
            *said,
            f"{reply.took_s:.3f}",
            int(reply.late),
            reply.refused,
        ]


def build(settings: Settings) -> AnswersCsv:
    """Make the sink."""
    return AnswersCsv(settings)
