"""What the tables of all settings share, and the questions they ask of a table of windows."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from models.benchmark.folds import Fold, Rows
from models.benchmark.windows import TRIAL, Prepared
from pipelines.errors import ConfigError
from pipelines.plugins import PluginSettings

Unit = Literal["subject", "session", "run", "trial"]


class SettingTable(PluginSettings):
    """A setting: its parameters, what it promises, and its folds."""

    kind: str
    promises: ClassVar[Unit]
    """No two of train, validation and test share one of these; what holds for a unit holds for the smaller ones."""

    @abstractmethod
    def folds(self, prepared: Prepared, seed: int) -> list[Fold]:
        """Return the folds; the same for the same seed.

        Raises
        ------
        ConfigError
            If the data set does not suit the setting.
        """

    def refuse(self, prepared: Prepared, why: str) -> ConfigError:
        """Make the error for a data set that does not suit."""
        return ConfigError(f"{prepared.about.title}, {self.kind}: {why}")


def trial_rows(prepared: Prepared) -> Rows:
    """Return the rows that have a label."""
    return np.flatnonzero(prepared.table["role"] == TRIAL)


def names_of(prepared: Prepared, rows: Rows, column: str) -> list[str]:
    """Return the different names in a column, sorted."""
    return [str(name) for name in np.unique(prepared.table[column][rows])]


def where(prepared: Prepared, rows: Rows, **values: str) -> Rows:
    """Return those of the rows whose columns have these values."""
    keep = np.ones(rows.size, dtype=bool)
    for column, value in values.items():
        keep &= prepared.table[column][rows] == value
    return rows[keep]


def within(prepared: Prepared, rows: Rows, column: str, names: list[str]) -> Rows:
    """Return those of the rows whose column has one of the names."""
    return rows[np.isin(prepared.table[column][rows], np.array(names, dtype=str))]


def groups_in_time(prepared: Prepared, rows: Rows, unit: Literal["trial", "window"]) -> list[Rows]:
    """Return the rows of each trial (or each window alone), in order of recording and time."""
    table = prepared.table[rows]
    ordered = rows[np.lexsort((table["start_s"], table["trial"], table["recording"]))]
    if unit == "window":
        groups = [np.array([row]) for row in ordered]
    else:
        names = prepared.table[["recording", "trial"]][ordered]
        groups = np.split(ordered, np.flatnonzero(names[1:] != names[:-1]) + 1) if ordered.size else []
    return sorted(
        groups, key=lambda g: (int(prepared.table["recording"][g[0]]), float(prepared.table["start_s"][g[0]]))
    )


def by_class(prepared: Prepared, groups: list[Rows]) -> dict[float, list[Rows]]:
    """Sort groups by the class of their first window; numbers have none and stay together."""
    if prepared.about.task == "regression":
        return {0.0: groups}
    sorted_: dict[float, list[Rows]] = {}
    for group in groups:
        sorted_.setdefault(float(prepared.table["target"][group[0]]), []).append(group)
    return dict(sorted(sorted_.items()))


def joined(groups: list[Rows]) -> Rows:
    """Return all rows of the groups, in order."""
    return np.sort(np.concatenate([np.empty(0, np.int64), *groups]))


def overlapping(prepared: Prepared, rows: Rows, others: Rows) -> NDArray[np.bool_]:
    """Say for each of the rows whether it shares a moment of its recording with one of the others."""
    table, tolerance_s = prepared.table, 0.5 / prepared.spec.rate_hz
    hit = np.zeros(rows.size, dtype=bool)
    for recording in np.unique(table["recording"][others]):
        mine = np.flatnonzero(table["recording"][rows] == recording)
        theirs = table[others[table["recording"][others] == recording]]
        starts = np.sort(theirs["start_s"])
        stops = np.sort(theirs["stop_s"])
        own: Any = table[rows[mine]]
        # Others that begin before a window ends, less those that end before it begins, are those that overlap it.
        began = np.searchsorted(starts, own["stop_s"] - tolerance_s)
        ended = np.searchsorted(stops, own["start_s"] + tolerance_s, side="right")
        hit[mine] = began > ended
    return hit


def clear_of(prepared: Prepared, rows: Rows, others: Rows) -> Rows:
    """Return those of the rows that share no moment with the others: windows of quick trials reach into the next."""
    return rows[~overlapping(prepared, rows, others)]
