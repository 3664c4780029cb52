"""Behind ``bci-app data list | fetch``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from models.dataset import About
from pipelines.errors import BciError
from pipelines.plugins import load, names


def listed() -> list[dict[str, Any]]:
    """Return what there is to know of every data set; of one that lacks a package, which."""
    return [_entry(kind) for kind in names("datasets")]


def _entry(kind: str) -> dict[str, Any]:
    try:
        module = load("datasets", kind)
    except BciError as exc:
        return {"kind": kind, "problem": str(exc)}
    about: About = module.build(module.Settings()).about
    return {
        "kind": kind,
        "title": about.title,
        "paradigm": about.paradigm,
        "task": about.task,
        "classes": list(about.classes),
        "n_subjects": about.n_subjects,
        "n_channels": len(about.channels),
        "rate_hz": about.rate_hz,
        "access": about.access,
        "fetchable": hasattr(module, "fetch"),
        "licence": about.licence,
        "citation": about.citation,
        "url": about.url,
        "how_to_get": about.how_to_get,
        "cautions": list(about.cautions),
    }


def list_table(found: list[dict[str, Any]]) -> Table:
    """Return a line for each data set."""
    table = Table("kind", "title", "people", "channels", "access", "licence", title="Data sets")
    for entry in found:
        if "problem" in entry:
            table.add_row(entry["kind"], entry["problem"])
            continue
        access = f"{entry['access']}, data fetch" if entry["fetchable"] else entry["access"]
        table.add_row(
            entry["kind"], entry["title"], str(entry["n_subjects"]), str(entry["n_channels"]), access, entry["licence"]
        )
    return table


def fetch(kind: str, folder: Path, console: Console) -> None:
    """Download an open data set; what is there and right stays, so that a broken download goes on.

    Raises
    ------
    BciError
        If there is no such data set, it cannot be reached, or a file is not what was published.
    typer.Exit
        With 1 where a person has to get it: how is printed.
    """
    module = load("datasets", kind)
    about: About = module.build(module.Settings()).about
    if not hasattr(module, "fetch"):
        console.print(f"{about.title} is not fetched by this program (access: {about.access}). {about.how_to_get}\n"
                      f"Then look through the folder: bci-app data check {kind} FOLDER",
                      markup=False, highlight=False, soft_wrap=True)  # fmt: skip
        raise typer.Exit(1)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(about.title, total=None)
        module.fetch(folder, lambda text: progress.update(task, description=text))
    console.print(f"{about.title} is in {folder}; every published checksum agrees. Licence: {about.licence}. "
                  f"Cite: {about.citation}\nLook through it: bci-app data check {kind} {folder}",
                  markup=False, highlight=False, soft_wrap=True)  # fmt: skip
