"""Decisions as CSV: one line each, numbers that read back exactly."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TextIO

from pydantic import Field

from bci_app.events import ChunkEvent, DecisionEvent, Event, Session
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Columns: window_index, start_s, end_s, label, p_<class> …, abstained, reason; seconds from the first sample."""

    path: str = Field("decisions.csv", min_length=1, description="The file; one that exists is replaced.")


class DecisionsCsv:
    """Every decision is on its way to the disk before the next one is made."""

    def __init__(self, settings: Settings) -> None:
        self._path = Path(settings.path)
        self._file: TextIO | None = None
        self._origin_s: float | None = None

    def open(self, session: Session) -> None:
        """Write the heading.

        Raises
        ------
        RecordingError
            If the file cannot be written.
        """
        try:
            self._file = self._path.open("w", encoding="utf-8", newline="", buffering=1)
        except OSError as exc:
            raise RecordingError(f"{self._path}: cannot be written: {exc.strerror}") from exc
        self._writer = csv.writer(self._file)
        shares = [f"p_{name}" for name in session.classes]
        self._writer.writerow(["window_index", "start_s", "end_s", "label", *shares, "abstained", "reason"])

    def accept(self, event: Event) -> None:
        """Write a decision."""
        match event:
            case ChunkEvent(chunk) if self._origin_s is None and chunk.n_samples:
                self._origin_s = float(chunk.times_s[0])
            case DecisionEvent(d) if self._file is not None:
                origin_s = self._origin_s or 0.0
                spans = (f"{d.start_s - origin_s:.6f}", f"{d.end_s - origin_s:.6f}")
                shares = (repr(float(p)) for p in d.probabilities)
                self._writer.writerow([d.window_index, *spans, d.label, *shares, int(d.abstained), d.reason])

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def build(settings: Settings) -> DecisionsCsv:
    """Make the sink."""
    return DecisionsCsv(settings)
