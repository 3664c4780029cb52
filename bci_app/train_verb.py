"""Behind ``bci-app train FILE.toml``: build the task, show its progress, end in order on Ctrl-C."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from bci_app.config import read_toml, with_overrides
from bci_app.training_view import TrainingView
from models.training.shipped import find, shipped
from models.training.task import Stopped, claim
from pipelines.plugins import configure

OUT = Path("out") / "train"
INTERRUPTED = 130
"""Exit code of a run that is not finished, as a shell's own for Ctrl-C."""


def run_training(file: Path, overrides: Sequence[str], out: Path | None) -> None:
    """Run what a training file says; started again with the same ``out`` it goes on where it was.

    Raises
    ------
    ConfigError
        If the file is wrong, or ``out`` was begun with other settings.
    SystemExit
        With code 130 if it was stopped.
    """
    table = with_overrides(read_toml(find(file)), overrides)
    module, settings = configure("tasks", table, str(file))
    task = module.build(settings)
    folder = out or OUT / file.stem
    full: dict[str, Any] = {"kind": table["kind"], **settings.model_dump(mode="json")}
    claim(folder, full)
    with TrainingView() as view:
        try:
            task.run(folder, view)
        except Stopped as exc:
            sets = "".join(f" --set {text}" for text in overrides)
            view.say(f"stopped: {exc}. To go on: bci-app train {file}{sets} --out {folder}")
            raise SystemExit(INTERRUPTED) from None
        view.say(f"written to {folder}")


def list_recipes() -> Table:
    """Return the training files that come with the program."""
    table = Table("name", "about", title="bci-app train NAME --set data.folder=FOLDER --set weights=FILE")
    for name, about in shipped().items():
        table.add_row(name, about)
    return table
