"""Refuse folds in which what judges a decoder has also taught it. Every fold passes here before anything is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.benchmark.folds import Fold, Rows
from models.benchmark.windows import Prepared
from pipelines.errors import DataLeak

UNITS: Mapping[str, tuple[str, ...]] = {
    "subject": ("subject",),
    "session": ("subject", "session"),
    "run": ("recording",),
    "trial": ("recording", "trial"),
}
"""Columns that name a subject, a session of a subject, a run of a session, a trial of a run."""


def check(prepared: Prepared, fold: Fold, promises: str) -> None:
    """Pass a fold, or refuse it.

    Parameters
    ----------
    prepared
        The windows that the fold's rows are of.
    fold
        Its sides.
    promises
        The largest of :data:`UNITS` that no two of train, validation and test share.

    Raises
    ------
    DataLeak
        Naming the fold, its two sides, and a window on each: one row on two sides; a unit on two sides that the
        setting promises to keep apart, also under two names; windows on two sides that share a moment.
    """
    sides = {
        "train": fold.train,
        "validation": fold.validation,
        "test": fold.test,
        "rest": fold.rest,
        "labelled": fold.labelled,
    }
    if fold.transductive:
        del sides["rest"]  # by its nature the same windows; their labels are nowhere else
    # Which recording each row is of, where recordings of the same content are one.
    same = {content: number for number, content in reversed(list(enumerate(prepared.contents)))}
    first = np.array([same[content] for content in prepared.contents], dtype=np.int64)
    recording = prepared.table["recording"].astype(np.int64)
    recording = first[recording] if first.size else recording
    for (a, rows_a), (b, rows_b) in combinations(sides.items(), 2):
        _no_common_row(prepared, fold, (a, rows_a), (b, rows_b))
    for (a, rows_a), (b, rows_b) in combinations(list(sides.items())[:3], 2):
        _keep_apart(prepared, fold, promises, recording, (a, rows_a), (b, rows_b))
    _no_common_moment(prepared, fold, sides, recording)


Side = tuple[str, Rows]


def _no_common_row(prepared: Prepared, fold: Fold, one: Side, other: Side) -> None:
    common = np.intersect1d(one[1], other[1])
    if common.size:
        raise _leak(fold, "the same window is on two sides", (one[0], other[0]), prepared, common[0], common[0])


def _keep_apart(
    prepared: Prepared, fold: Fold, unit: str, recording: NDArray[np.int64], one: Side, other: Side
) -> None:
    """Refuse a unit, or one recording under two names, on both sides."""
    table = prepared.table
    names = [(f"the same {unit} is on two sides", [table[column] for column in UNITS[unit]])]
    if unit == "trial":
        names.append(("the same trial, recorded under two names, is on two sides", [recording, table["trial"]]))
    else:
        names.append(("the same recording, under two names, is on two sides", [recording]))
    for why, columns in names:
        codes = _codes(columns)
        common = np.intersect1d(codes[one[1]], codes[other[1]])
        if common.size:
            rows = [int(rows[np.flatnonzero(codes[rows] == common[0])[0]]) for rows in (one[1], other[1])]
            raise _leak(fold, why, (one[0], other[0]), prepared, *rows)


def _codes(columns: list[NDArray[Any]]) -> NDArray[np.int64]:
    """Return a number for each different combination of values."""
    code = np.zeros(columns[0].size, dtype=np.int64)
    for column in columns:
        _, number = np.unique(column, return_inverse=True)
        code = code * (number.max(initial=0) + 1) + number
    return code


def _no_common_moment(prepared: Prepared, fold: Fold, sides: Mapping[str, Rows], recording: NDArray[np.int64]) -> None:
    """Refuse windows on two sides that overlap; all windows are of one length, so neighbours in time tell."""
    rows = np.concatenate(list(sides.values()))
    side = np.repeat(np.arange(len(sides)), [r.size for r in sides.values()])
    starts, stops = prepared.table["start_s"][rows], prepared.table["stop_s"][rows]
    order = np.lexsort((starts, recording[rows]))
    rows, side, starts, stops = rows[order], side[order], starts[order], stops[order]
    tolerance_s = 0.5 / prepared.spec.rate_hz
    overlap = (recording[rows[1:]] == recording[rows[:-1]]) & (starts[1:] < stops[:-1] - tolerance_s)
    found = np.flatnonzero(overlap & (side[1:] != side[:-1]))
    if found.size:
        k = int(found[0])
        names = list(sides)
        raise _leak(
            fold, "windows on two sides share a moment", (names[side[k]], names[side[k + 1]]), prepared,
            int(rows[k]), int(rows[k + 1]),
        )  # fmt: skip


def _leak(fold: Fold, why: str, sides: tuple[str, str], prepared: Prepared, one: int, other: int) -> DataLeak:
    return DataLeak(
        f"{prepared.about.title}, fold {fold.name!r}: {why}: {sides[0]} has {_window(prepared, one)}; "
        f"{sides[1]} has {_window(prepared, other)}"
    )


def _window(prepared: Prepared, row: int) -> str:
    w = prepared.table[row]
    return (
        f"subject {w['subject']}, session {w['session']}, run {w['run']}, "
        f"{w['start_s']:.3f}-{w['stop_s']:.3f} s (row {row})"
    )
