"""``bci-app data``: which data sets there are, get those that are open, look through a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

data = typer.Typer(no_args_is_help=True, help="List data sets, fetch those that are open, check a folder.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Kind = Annotated[str, typer.Argument(help="The data set: a kind of 'bci-app data list'.")]
Folder = Annotated[Path, typer.Argument(help="Folder of the data set.")]


@data.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List data sets: what they are, their licence, and how they are had."""
    from bci_app import data_verbs

    found = data_verbs.listed()
    if as_json:
        typer.echo(json.dumps(found))
    else:
        Console().print(data_verbs.list_table(found))


@data.command()
def fetch(kind: Kind, folder: Folder) -> None:
    """Download what is not in the folder yet, checked against published checksums; else say how it is had."""
    from bci_app import data_verbs

    data_verbs.fetch(kind, folder, Console())


@data.command()
def check(
    kind: Kind,
    folder: Folder,
    *,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Setting of the data set: key=value, for example task=four_class.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read every recording of a folder; count, and name what is wrong. Ends with 1 if something is."""
    from bci_app import data_check

    found = data_check.examine(kind, folder, settings or ())
    if as_json:
        typer.echo(json.dumps(found.as_dict()))
    else:
        _print(found.lines())
    raise typer.Exit(bool(found.problems))


def _print(parts: list[Any]) -> None:
    for part in parts:
        Console().print(part, markup=False, highlight=False, soft_wrap=isinstance(part, str))
