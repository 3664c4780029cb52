"""``bci-app train``: learn from data what a training file (TOML) says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup


class _FileOrVerb(TyperGroup):
    """``train FILE.toml`` is short for ``train run FILE.toml``: what is no verb is a file."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See click."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


train = typer.Typer(
    cls=_FileOrVerb,
    no_args_is_help=True,
    help="Train what FILE.toml says: bci-app train FILE.toml [--set key=value] [--out DIR].",
)


@train.command()
def run(
    file: Annotated[Path, typer.Argument(help="Training file (TOML), or the name of a shipped one.")],
    *,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the run; none: out/train/NAME.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="Override a setting: key=value, dotted keys.")
    ] = None,
) -> None:
    """Run a training file; Ctrl-C saves, and the same command goes on."""
    from bci_app import train_verb

    train_verb.run_training(file, overrides or (), out)


@train.command("import-csbrain")
def import_csbrain(
    file: Annotated[Path, typer.Argument(help="Released weights: torch.save or safetensors.")],
    out: Annotated[Path, typer.Argument(help="Folder of the new checkpoint.")],
) -> None:
    """Make a checkpoint of released CSBrain weights, checked key by key; fine-tuning takes its folder."""
    from models.csbrain.official import import_official

    found = import_official(file, out)
    typer.echo(f"{found.n_tensors} tensors, {found.n_values:,} values, all as expected; SHA-256 {found.sha256}")
    typer.echo(f"written to {found.folder}; name this folder as 'weights' of a fine-tuning file")


@train.command("list")
def list_shipped() -> None:
    """List the training files that come with the program."""
    from bci_app import train_verb

    Console().print(train_verb.list_recipes())
