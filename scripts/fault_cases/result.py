"""What a fault trial came to: what was done, what the user saw and when, what the recording holds."""

from __future__ import annotations

import re
import warnings
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import mne
import numpy as np
import pyxdf

from scripts.fault_cases.processes import Daemon, Line

TELLS = r"warning:|error:|error |state: (stale|reconnecting|failed)|no decision|bad channels: [^n]|Traceback"
NOISE = re.compile(r"^\s*$|INFO\||^ *Session$|[┌│├└]")
"""What says nothing about a fault: liblsl's start, the summary at the end of a session."""
WINDOW = re.compile(r"^\d\d:\d\d:\d\d window \d+: (.*)")


@dataclass(frozen=True)
class Result:
    """One row of the table.

    Parameters
    ----------
    fault, done
        Its name, and what was done.
    saw
        What came out of the daemon from the fault on, relative to it (s); decisions are counted.
    exit_code
        Of the daemon; negative: the signal that killed it.
    recording
        What is in the files that were left.
    told_s, resumed_s
        From the fault to the first word about it; from its end to the first decision. None: not, or of no meaning.
    decisions
        What became of them after the fault, in order.
    """

    fault: str
    done: str
    saw: tuple[str, ...]
    exit_code: int
    recording: str
    told_s: float | None
    resumed_s: float | None
    decisions: str

    def as_dict(self) -> dict[str, Any]:
        """Return the row for ``--json``."""
        return asdict(self)

    @property
    def has_traceback(self) -> bool:
        """Whether the user was shown a stack of Python calls."""
        return any("Traceback" in line for line in self.saw)


def judge(
    fault: str,
    done: str,
    daemon: Daemon,
    folder: Path,
    *,
    at_s: float | None = None,
    cured_s: float | None = None,
) -> Result:
    """Sum up a trial whose daemon has ended.

    Parameters
    ----------
    at_s
        When the fault was done (monotonic, s); None: before the daemon was started.
    cured_s
        When it was over; None: never.
    """
    start_s = daemon.started_s if at_s is None else at_s
    lines = [line for line in daemon.lines if line.time_s >= start_s and not NOISE.search(line.text)]
    told = next((line for line in lines if re.search(TELLS, line.text)), None)
    resumed = None
    if cured_s is not None:
        after = (line for line in lines if line.time_s >= max(cured_s, told.time_s if told else 0.0))
        resumed = next((line for line in after if _decided(line.text)), None)
    return Result(
        fault,
        done,
        tuple(_plain(text, folder) for text in _compressed(lines, start_s)),
        daemon.process.wait(),
        describe_recordings(folder),
        None if told is None else told.time_s - start_s,
        None if resumed is None or cured_s is None else resumed.time_s - cured_s,
        _fate(lines) or ("never began" if at_s is None else "stopped"),
    )


def _plain(text: str, folder: Path) -> str:
    """Leave out what is another at every run: folders, dates, random names."""
    text = re.sub(r"^(.*?  )\d{4}-.*?(INFO|WARN|ERR)\| ", r"\1liblsl: ", text.replace(str(folder), "…"))
    return re.sub(r"trial_\d{4}-\d\d-\d\d_\d{6}", "trial_DATE_TIME", re.sub(r"cap-[0-9a-f]{6}", "cap", text))


def describe_recordings(folder: Path) -> str:
    """Say what the recordings of a folder hold, as pyxdf and MNE read them."""
    files = sorted(folder.rglob("*.xdf")) if folder.is_dir() else []
    return "; ".join(_describe(file) for file in files) or "none"


def _describe(file: Path) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            streams, _ = pyxdf.load_xdf(str(file), verbose=False)
    except Exception as exc:  # noqa: BLE001  # whatever pyxdf raises on a file is the finding
        return f"pyxdf cannot read it: {exc!r}"
    by_type = {stream["info"]["type"][0]: stream for stream in streams}
    raw, told = by_type["EEG"], by_type["Events"]
    gaps = [row[0] for row in told["time_series"] if '"event": "gap"' in row[0]]
    lost = sum(int(m[1]) for gap in gaps if (m := re.search(r'"lost": (\d+)', gap)))
    n = len(raw["time_stamps"])
    rate_hz = float(raw["info"]["nominal_srate"][0])
    if n:
        data = np.asarray(raw["time_series"], dtype=np.float64).T
        mne.io.RawArray(data, mne.create_info(len(data), rate_hz, "eeg"), verbose="error")
    footer = "" if "footer" in raw else ", no footer"
    holes = f"{len(gaps)} declared gap(s), {lost} samples" if gaps else "no gaps"
    return f"{n} samples ({n / rate_hz:.1f} s), {holes}{footer}; pyxdf and MNE read it"


def _decided(text: str) -> bool:
    found = WINDOW.search(text)
    return found is not None and not found[1].startswith("no decision")


def _fate(lines: list[Line]) -> str:
    kinds = [_kind(line.text) for line in lines if WINDOW.search(line.text)]
    names = [name for name, _ in groupby(kinds)]
    return " → ".join(names[-4:])


def _kind(text: str) -> str:
    return "decided" if _decided(text) else "abstained"


def _compressed(lines: list[Line], start_s: float) -> list[str]:
    """Return lines with their times; decisions of one kind that follow one another become one line."""

    def key(line: Line) -> str:
        found = WINDOW.search(line.text)
        if found is None:
            return line.text
        return found[1] if found[1].startswith("no decision") else "decisions"

    told = []
    for text, group in groupby(lines, key):
        members = list(group)
        shown = re.sub(r"^\d\d:\d\d:\d\d ", "", text)
        count = f" (×{len(members)})" if WINDOW.search(members[0].text) or len(members) > 1 else ""
        told.append(f"{members[0].time_s - start_s:.1f} s  {shown}{count}")
    return told
