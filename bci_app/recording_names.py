"""Where a recording goes: a template with fields, or the BIDS layout; never outside its folder, never over a file."""

from __future__ import annotations

import re
import string
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from pipelines.errors import RecordingError

FIELDS = ("session", "date", "time", "subject", "session_label", "task", "run")
PLAIN = "{session}_{date}_{time}.xdf"
BIDS = "sub-{subject}/ses-{session_label}/eeg/sub-{subject}_ses-{session_label}_task-{task}_run-{run}_eeg.xdf"
MOST_TRIES = 1000
LABEL = r"^[A-Za-z0-9]*$"
"""What a BIDS label consists of."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What a recording is filed under; what is empty, or run 0, is left to the recorder's settings.

    Parameters
    ----------
    subject, session_label, task
        BIDS labels: letters and digits.
    run
        First run; the next free one is taken.
    """

    subject: str = ""
    session_label: str = ""
    task: str = ""
    run: int = 0

    def check(self) -> None:
        """Refuse what BIDS does not allow.

        Raises
        ------
        RecordingError
            Naming the field and its value.
        """
        for name in ("subject", "session_label", "task"):
            value = getattr(self, name)
            if not re.match(LABEL, value):
                raise RecordingError(f"{name} = {value!r}: a BIDS label is made of letters and digits alone")
        if self.run < 0:
            raise RecordingError(f"run = {self.run}: runs are counted from 1")


NO_LABELS = Labels()


def check_template(template: str) -> str:
    """Return the template.

    Raises
    ------
    ValueError
        If it names an unknown field, leaves its folder or is no ``.xdf``; the message says which.
    """
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as exc:
        raise ValueError(f"{template!r} is not a template: {exc}") from exc
    for _, name, form, conversion in parts:
        if name is not None and (name not in FIELDS or form or conversion):
            raise ValueError(f"{{{name}}} is not a field; the fields are {', '.join(f'{{{f}}}' for f in FIELDS)}")
    if not template.endswith(".xdf"):
        raise ValueError(f"{template!r} must end in .xdf")
    if leaves_folder(template):
        raise ValueError(f"{template!r} must stay inside the folder of recordings")
    return template


def leaves_folder(path: str) -> bool:
    """Whether a relative path is none, climbs (``..``), or holds control characters; by the rules of any system."""
    windows = PureWindowsPath(path)
    return (
        bool(windows.anchor)
        or PurePosixPath(path).is_absolute()
        or climbs(path)
        or any(not character.isprintable() for character in path)
    )


def climbs(path: str) -> bool:
    """Whether a path has ``..`` among its parts; by the rules of any system."""
    return ".." in PureWindowsPath(path).parts or ".." in PurePosixPath(path).parts


def candidates(folder: Path, template: str, values: Mapping[str, str], run: int) -> Iterator[Path]:
    """Return paths in order of preference: the run counts up where the template names it, else a number is appended.

    Parameters
    ----------
    folder
        What the template is relative to.
    template
        Checked by :func:`check_template`.
    values
        All :data:`FIELDS` but ``date``, ``time`` and ``run``.
    run
        First run, at least 1.

    Raises
    ------
    RecordingError
        If what the fields are filled with leaves the folder.
    """
    moment = time.localtime()
    filled = {name: _safe(value) for name, value in values.items()}
    filled |= {"date": time.strftime("%Y-%m-%d", moment), "time": time.strftime("%H%M%S", moment)}
    counts_runs = "{run}" in template
    for number in range(MOST_TRIES):
        name = template.format(**filled, run=f"{run + number if counts_runs else run:02d}")
        if leaves_folder(name):
            raise RecordingError(f"{name!r} leaves the folder of recordings; choose another name")
        path = folder / name
        yield path if counts_runs or not number else path.with_stem(f"{path.stem}_{number + 1}")


def _safe(value: str) -> str:
    """Keep what is allowed in file names on every system."""
    return re.sub(r"[^\w.-]", "_", value).lstrip(".") or "_"
