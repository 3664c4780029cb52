"""The :class:`TrainingTask` protocol, the :class:`Progress` it reports to, and the folder a run belongs to.

A task is a plug-in of the group ``tasks``: ``Settings`` and ``build(settings)``. Whoever runs it shows the progress;
here nothing is known of terminals.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from pipelines.errors import ConfigError

RUN_FILE = "run.json"
"""What a folder was begun with."""


class Stopped(Exception):
    """A task was asked to stop and did; its text says what is kept."""


class Progress(Protocol):
    """Where a task says how far it is, and learns that it is to stop."""

    @property
    def stop_requested(self) -> bool:
        """True once somebody wants the task to end: it saves what it has and raises :class:`Stopped`."""
        ...

    def phase(self, name: str, total: int | None = None, done: int = 0, unit: str = "steps") -> None:
        """Begin a new part; ``total`` None where nobody knows how long it is, ``done`` by an earlier run."""
        ...

    def advance(self, n: int = 1, **figures: float) -> None:
        """Tell that ``n`` more are done, with the figures of now (loss, rate …)."""
        ...

    def say(self, text: str) -> None:
        """Tell a result or a notice, one line of plain text."""
        ...


class QuietProgress:
    """For programs and tests: nothing is shown; ``said`` keeps the lines."""

    def __init__(self) -> None:
        self.stop_requested = False
        self.said: list[str] = []

    def phase(self, name: str, total: int | None = None, done: int = 0, unit: str = "steps") -> None:
        """See :class:`Progress`."""

    def advance(self, n: int = 1, **figures: float) -> None:
        """See :class:`Progress`."""

    def say(self, text: str) -> None:
        """See :class:`Progress`."""
        self.said.append(text)


class TrainingTask(Protocol):
    """Something that learns from data and leaves its result in a folder."""

    def run(self, out: Path, progress: Progress) -> None:
        """Run to the end, going on with what an earlier run left in ``out``.

        Raises
        ------
        Stopped
            If it was asked to end early.
        BciError
            If data or settings do not allow it.
        """
        ...


def claim(out: Path, table: Mapping[str, Any]) -> None:
    """Make ``out`` the folder of a run with these settings; a folder of the same settings is taken up again.

    Parameters
    ----------
    out
        Made if absent.
    table
        ``kind`` and all settings of the task, JSON-able.

    Raises
    ------
    ConfigError
        If the folder was begun with other settings; names each key that differs. If it cannot be written.
    """
    file = out / RUN_FILE
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            # Under a name of its own first: processes of one run may come here at the same time.
            part = out / f".{RUN_FILE}.{os.getpid()}.part"
            part.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            part.replace(file)
        before = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise ConfigError(f"{file}: cannot be used: {exc}; name another folder with --out") from exc
    now = json.loads(json.dumps(table))
    if differing := _differing(before, now):
        raise ConfigError(
            f"{out}: was begun with other settings: {'; '.join(differing)}. Name another folder with --out, or remove "
            "this one"
        )


def _differing(before: Any, now: Any, key: str = "") -> list[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        keys = sorted(before.keys() | now.keys())
        return [line for k in keys for line in _differing(before.get(k), now.get(k), f"{key}.{k}" if key else k)]
    return [] if before == now else [f"{key or 'the file'} was {before!r}, is {now!r}"]
