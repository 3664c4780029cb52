"""A CSV file of which every line is handed to the system at once, with faults in our words."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from pipelines.errors import RecordingError


class CsvFile:
    """Its folder is made if it is missing, a file that exists is replaced.

    Raises
    ------
    RecordingError
        If it cannot be written; also later, by any method.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: TextIO | None = path.open("w", encoding="utf-8", newline="")
        except OSError as exc:
            raise RecordingError(f"{path}: cannot be written: {exc.strerror or exc}") from exc

    def write(self, row: Iterable[str | int]) -> None:
        """Write one line."""
        assert self._file is not None
        try:
            csv.writer(self._file, lineterminator="\n").writerow(row)
            self._file.flush()
        except OSError as exc:
            raise RecordingError(f"{self._path}: could not be written: {exc.strerror or exc}") from exc

    def close(self) -> None:
        """Close it; twice is harmless."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.close()
        except OSError as exc:
            raise RecordingError(f"{self._path}: could not be closed: {exc.strerror or exc}") from exc
