"""Damaged files: whatever the library that reads them raises becomes one error, which names the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import RecordingError


@contextmanager
def damage_told(path: Path, kind: str = "") -> Iterator[None]:
    """Call a library that raises whatever the damage leads it to: MNE bare Exceptions, SciPy and h5py others.

    Parameters
    ----------
    path
        The file.
    kind
        What it should be, for example ``" as a MATLAB file"``.

    Raises
    ------
    RecordingError
        In place of what the library raises.
    """
    try:
        yield
    except Exception as exc:
        raise RecordingError(f"{path}: cannot be read{kind}: {str(exc) or type(exc).__name__}") from exc
