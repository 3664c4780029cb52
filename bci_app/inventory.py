"""What can be connected to: BrainFlow boards and LSL streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.table import Table

from devices.sources.brainflow_board import list_boards
from devices.sources.lsl_stream import list_streams


def devices(timeout_s: float) -> dict[str, list[dict[str, Any]]]:
    """Return ``{"lsl_streams": [...], "boards": [...]}``, looking for streams for ``timeout_s``."""
    return {
        "lsl_streams": [asdict(row) for row in list_streams(timeout_s)],
        "boards": [asdict(board) for board in list_boards()],
    }


def device_tables(found: Mapping[str, list[dict[str, Any]]]) -> list[Table]:
    """Return one table for each kind of device."""
    return [_table(title, rows) for title, rows in found.items()]


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=f"{title.replace('_', ' ')} ({len(rows)})")
    for name in rows[0] if rows else ():
        table.add_column(name)
    for row in rows:
        table.add_row(*(f"{value:g}" if isinstance(value, float) else str(value) for value in row.values()))
    return table
