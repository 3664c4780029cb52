"""Decisions as CSV: one line each, probabilities that read back exactly.

A decoder of other classes that takes over begins a file of its own: ``decisions-2.csv`` beside ``decisions.csv``.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from bci_app.csv_file import CsvFile
from bci_app.events import ChunkEvent, DecisionEvent, DecoderEvent, Event, Session
from pipelines.decision import Decision
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Columns: window_index, start_s, end_s, label, p_<class> …, abstained (0 or 1), reason, three on trust, model_id.

    Those on trust are prediction_set (classes that cannot be ruled out, with | between), unfamiliarity (how far the
    window lies from the training signals, 1 being the limit) and unfamiliar (in what it lies beyond); empty where the
    decoder does not say.
    """

    path: str = Field("decisions.csv", min_length=1, description="The file; one that exists is replaced.")


class DecisionsCsv:
    """Times are seconds from the first sample of the stream. Every line is handed to the system at once."""

    def __init__(self, settings: Settings) -> None:
        self._path = Path(settings.path)
        self._file: CsvFile | None = None
        self._classes: tuple[str, ...] = ()
        self._origin_s: float | None = None
        self._n_files = 0

    def open(self, session: Session) -> None:
        """Write the heading.

        Raises
        ------
        RecordingError
            If the file cannot be written.
        """
        self.close()
        self._origin_s, self._n_files = None, 0
        self._begin(session.classes)

    def _begin(self, classes: tuple[str, ...]) -> None:
        self.close()
        self._classes = classes
        self._n_files += 1
        path = self._path if self._n_files == 1 else self._path.with_stem(f"{self._path.stem}-{self._n_files}")
        shares = (f"p_{name}" for name in classes)
        trust = ("prediction_set", "unfamiliarity", "unfamiliar")
        columns = ("window_index", "start_s", "end_s", "label", *shares, "abstained", "reason", *trust, "model_id")
        self._file = CsvFile(path)
        self._file.write(columns)

    def accept(self, event: Event) -> None:
        """Write a decision; other events are passed over.

        Raises
        ------
        RecordingError
            If the line could not be written, or its classes are not those of the heading.
        """
        match event:
            case ChunkEvent(chunk) if self._origin_s is None and chunk.n_samples:
                self._origin_s = float(chunk.times_s[0])
            case DecoderEvent(classes=classes) if self._file is not None and classes != self._classes:
                self._begin(classes)
            case DecisionEvent(decision) if self._file is not None:
                self._file.write(self._row(decision))

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

    def _row(self, d: Decision) -> list[str | int]:
        if d.labels != self._classes:
            raise RecordingError(
                f"{self._path}: a decision between {', '.join(d.labels)} does not fit the columns of "
                f"{', '.join(self._classes) or 'no classes'}"
            )
        origin_s = d.start_s if self._origin_s is None else self._origin_s
        spans = (f"{d.start_s - origin_s:.6f}", f"{d.end_s - origin_s:.6f}")
        shares = (repr(float(p)) for p in d.probabilities)
        strange = "" if d.unfamiliarity is None else repr(float(d.unfamiliarity))
        trust = ("|".join(d.prediction_set), strange, d.unfamiliar)
        return [d.window_index, *spans, d.label, *shares, int(d.abstained), d.reason, *trust, d.model_id]


def build(settings: Settings) -> DecisionsCsv:
    """Make the sink."""
    return DecisionsCsv(settings)
