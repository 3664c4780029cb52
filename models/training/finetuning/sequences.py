"""Sequences of consecutive windows of one recording, for heads that decide on a window by its neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.benchmark.folds import Rows
from models.benchmark.windows import Prepared
from pipelines.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Sequence:
    """Rows of consecutive windows (length,), and from which of them on it decides: those before have been decided."""

    rows: Rows
    first: int = 0


def sequences(prepared: Prepared, rows: Rows, context: int) -> list[Sequence]:
    """Cut windows into sequences: each window is decided in one of them.

    Where a stretch without a gap is no multiple of the context, its last sequence reaches back. A stretch shorter than
    the context is one short sequence.
    """
    found = []
    for run in _runs(prepared, rows):
        last = max(len(run) - context, 0)
        for start in range(0, len(run), context):
            begin = min(start, last)
            found.append(Sequence(run[begin : begin + context], start - begin))
    return found


def full_sequences(prepared: Prepared, rows: Rows, context: int) -> Rows:
    """Return the rows of the sequences that are as long as the context, (n_sequences, context), to learn from.

    Raises
    ------
    ConfigError
        If there is none.
    """
    full = [s.rows for s in sequences(prepared, rows, context) if len(s.rows) == context]
    if not full:
        raise ConfigError(f"{prepared.about.title}: head: no {context} windows follow one another in a recording: "
                          "lower context, or take a head of single windows")  # fmt: skip
    return np.stack(full)


def _runs(prepared: Prepared, rows: Rows) -> list[Rows]:
    """Return stretches of windows (n_windows,) of one recording that leave no time between one and the next."""
    table = prepared.table[rows]
    ordered = rows[np.lexsort((table["start_s"], table["recording"]))]
    if not ordered.size:
        return []
    before, after = prepared.table[ordered[:-1]], prepared.table[ordered[1:]]
    tolerance_s = 0.5 / prepared.spec.rate_hz
    apart = (before["recording"] != after["recording"]) | (after["start_s"] > before["stop_s"] + tolerance_s)
    return np.split(ordered, np.flatnonzero(apart) + 1)
