"""Text beside recordings, read strictly: whatever cannot be understood is told with its line."""

from __future__ import annotations

from pathlib import Path

from pipelines.errors import RecordingError


def numbered_lines(path: Path) -> list[tuple[int, str]]:
    """Return a file's lines that are not blank, stripped, each with its number.

    Raises
    ------
    RecordingError
        If the file is absent or has no such line.
    """
    try:
        lines = path.read_text("latin-1").splitlines()
    except OSError as exc:
        raise RecordingError(f"{path}: cannot be read: {exc}") from exc
    filled = [(number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip()]
    if not filled:
        raise RecordingError(f"{path}: cannot be read: it is empty")
    return filled


def bad_line(path: Path, number: int, line: str, why: str) -> RecordingError:
    """Return the error of a line that cannot be understood."""
    return RecordingError(f"{path}: line {number}: {why}: {line[:80]!r}")
