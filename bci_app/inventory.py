"""What can be connected to: BrainFlow boards and LSL streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args

from rich.markup import escape
from rich.table import Table

from devices.lsl_scope import DEFAULT, Scope, apply, in_force
from devices.sources.brainflow_board import list_boards
from devices.sources.lsl_stream import list_streams
from pipelines.errors import ConfigError


def devices(timeout_s: float, scope: Scope = DEFAULT) -> dict[str, list[dict[str, Any]]]:
    """Return ``{"lsl_streams": [...], "boards": [...]}``, looking for streams for ``timeout_s``."""
    return {"lsl_streams": streams(timeout_s, scope)[0], "boards": boards()}


def streams(timeout_s: float, scope: Scope = DEFAULT) -> tuple[list[dict[str, Any]], str]:
    """Return the LSL streams that answer within ``timeout_s``, and how far was looked."""
    apply(scope)
    return [asdict(row) for row in list_streams(timeout_s)], in_force().searched()


def boards() -> list[dict[str, Any]]:
    """Return every board that BrainFlow knows."""
    return [asdict(board) for board in list_boards()]


def parse_scope(text: str) -> Scope:
    """Return a scope.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    known: tuple[Scope, ...] = get_args(Scope)
    found = next((scope for scope in known if scope == text), None)
    if found is None:
        raise ConfigError(f"--scope {text}: known are {', '.join(known)}")
    return found


def device_tables(found: Mapping[str, list[dict[str, Any]]]) -> list[Table]:
    """Return one table for each kind of device; below the streams stands how far was looked."""
    tables = {title: _table(title, rows) for title, rows in found.items()}
    if "lsl_streams" in tables:
        tables["lsl_streams"].caption = escape(in_force().searched())
    return list(tables.values())


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=f"{title.replace('_', ' ')} ({len(rows)})")
    for name in rows[0] if rows else ():
        table.add_column(name)
    for row in rows:
        table.add_row(*(f"{value:g}" if isinstance(value, float) else str(value) for value in row.values()))
    return table
