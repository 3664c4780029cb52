"""Watch the space left on the disk that is recorded to."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.errors import RecordingError

CHECK_EVERY_S = 1.0
MB = 1e6


@dataclass(frozen=True, slots=True)
class DiskState:
    """What the guard found.

    Parameters
    ----------
    level
        ``ok``; ``low``: below the warning; ``full``: a recording must end now, while it can still be finished.
    free_mb
        Free space (10⁶ bytes).
    minutes_left
        Until ``full`` at the rate of writing so far; None while that is unknown.
    """

    level: Literal["ok", "low", "full"]
    free_mb: float
    minutes_left: float | None

    def __str__(self) -> str:
        """In words."""
        minutes = "" if self.minutes_left is None else f", about {self.minutes_left:.0f} min of recording"
        return f"{self.free_mb:.0f} MB free{minutes}"


class DiskGuard:
    """Looks once a second at most.

    Parameters
    ----------
    folder
        Any folder on that disk.
    warn_free_mb, min_free_mb
        Below these, the disk is ``low`` and ``full`` (10⁶ bytes).
    """

    def __init__(self, folder: Path, *, warn_free_mb: float, min_free_mb: float) -> None:
        self._folder, self._warn_mb, self._min_mb = folder, warn_free_mb, min_free_mb
        self._started_s: float | None = None
        self._next_s = 0.0

    def check(self, now_s: float, written_bytes: int) -> DiskState | None:
        """Return the state of the disk, None if the last look was less than a second ago.

        Parameters
        ----------
        now_s
            Any steady clock (s).
        written_bytes
            Written since the first check.

        Raises
        ------
        RecordingError
            If the folder is gone.
        """
        if self._started_s is None:
            self._started_s = now_s
        elif now_s < self._next_s:
            return None
        self._next_s = now_s + CHECK_EVERY_S
        try:
            free_mb = shutil.disk_usage(self._folder).free / MB
        except OSError as exc:
            raise RecordingError(f"{self._folder}: free space cannot be read: {exc.strerror or exc}") from exc
        level: Literal["ok", "low", "full"] = (
            "full" if free_mb < self._min_mb else "low" if free_mb < self._warn_mb else "ok"
        )
        return DiskState(level, free_mb, self._minutes_left(free_mb, now_s - self._started_s, written_bytes))

    def _minutes_left(self, free_mb: float, elapsed_s: float, written_bytes: int) -> float | None:
        if elapsed_s <= 0 or written_bytes <= 0:
            return None
        mb_per_s = written_bytes / MB / elapsed_s
        return max(0.0, free_mb - self._min_mb) / mb_per_s / 60
