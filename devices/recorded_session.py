"""What our own recorder kept of a session beside its samples: events, decisions, timing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devices.readers import xdf, xdf_ours


@dataclass(frozen=True, slots=True)
class Columns:
    """A stream of numbers: one row for each stamp.

    Parameters
    ----------
    names
        Of the columns.
    times_s
        Stamps (s), shape (n,), on the recording's clock.
    rows
        Shape (n, n_columns).
    """

    names: tuple[str, ...]
    times_s: NDArray[np.float64]
    rows: NDArray[np.float64]

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """Return one column, shape (n,)."""
        return self.rows[:, self.names.index(name)]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.times_s)


NO_COLUMNS = Columns((), np.zeros(0), np.zeros((0, 0)))


@dataclass(frozen=True, slots=True)
class RecordedSession:
    """The streams beside the raw one; ``session`` is what the session said of itself when it began."""

    session: Mapping[str, Any]
    records: Sequence[Mapping[str, Any]]
    decisions: Columns
    timing: Columns

    def of_kind(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the records of one kind of event, in order."""
        return [record for record in self.records if record["event"] == kind]


def recorded_session(path: str | Path) -> RecordedSession | None:
    """Read one of our own recordings; None for other files.

    Raises
    ------
    RecordingError
        If the file is damaged beyond reading.
    """
    file = Path(path)
    if not xdf.is_xdf(file):
        return None
    records = xdf_ours.parse(file, xdf.rows_of(xdf.load(file, only=xdf_ours.EVENTS), xdf_ours.EVENTS))
    session = next((record for record in records if record["event"] == "session"), None)
    if session is None:
        return None
    return RecordedSession(session, records, _columns(file, xdf_ours.DECISIONS), _columns(file, xdf_ours.TIMING))


def _columns(path: Path, name: str) -> Columns:
    for stream in xdf.load(path, only=name):
        names = tuple(xdf.labels_of(stream))
        rows = np.asarray(stream["time_series"], dtype=np.float64)
        if len(rows) and rows.shape[1] == len(names):
            return Columns(names, np.asarray(stream["time_stamps"], dtype=np.float64), rows)
    return NO_COLUMNS
