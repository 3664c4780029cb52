"""Behind ``bci-app adapt``: train a decoder on a recorded paradigm, and print how good it is."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bci_app.adaptation import adapt, check_folder
from bci_app.adaptation_result import Adaptation


def run_adapt(recording: Path, folder: Path, against: str, console: Console, *, as_json: bool) -> None:
    """Train, write, print.

    Raises
    ------
    BciError
        As :func:`bci_app.adaptation.adapt`.
    """
    check_folder(folder)
    with Console(stderr=True).status("training"):
        result = adapt(recording.absolute(), folder.absolute(), against)
    if as_json:
        print(json.dumps(result.as_dict()))  # noqa: T201
    else:
        console.print(_table(result))


def _table(result: Adaptation) -> Table:
    table = Table(title="Decoder from a calibration run", show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    shown = ", ".join(f"{label} {count}" for label, count in result.trials.items())
    table.add_row("trials", f"{shown}; {result.n_blocks} blocks")
    table.add_row("new", f"{escape(result.model_id)}: balanced accuracy {result.score.sentence()}")
    if result.current_score is not None:
        table.add_row("in use", f"{escape(result.current)}: {result.current_score.sentence()} on the same blocks")
    table.add_row("chance", f"{result.chance:.3f}")
    table.add_row("verdict", escape(result.verdict()))
    table.add_row("written to", escape(result.folder))
    return table
