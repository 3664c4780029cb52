"""What a decoder may know of a person it has not met: nothing, rest, all of its windows, a few labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

from models.benchmark.folds import Fold, Rows
from models.benchmark.settings.table import by_class, clear_of, groups_in_time, joined, names_of, where
from models.benchmark.windows import REST, Prepared
from pipelines.errors import ConfigError
from pipelines.plugins import PluginSettings

Stretch = tuple[int, float, float]
"""Recording, begin (s), end (s)."""


class NoCalibration(PluginSettings):
    """The decoder knows nothing of the person."""

    kind: Literal["none"] = "none"

    def apply(self, prepared: Prepared, fold: Fold) -> Fold:
        """Return the fold as it is."""
        return fold


class RestCalibration(PluginSettings):
    """The first seconds of each person's rest, of those who teach as of those who judge."""

    kind: Literal["rest"] = "rest"
    rest_s: float = Field(60.0, gt=0, description="Seconds of rest of each person.")

    def apply(self, prepared: Prepared, fold: Fold) -> Fold:
        """Give the rest to adaptation and take every window that overlaps it from all other sides.

        Raises
        ------
        ConfigError
            If a person has less rest.
        """
        people = names_of(prepared, joined([fold.train, fold.validation, fold.test]), "subject")
        used: list[Rows] = []
        stretches: list[Stretch] = []
        for person in people:
            rows, theirs = self._of(prepared, person)
            used.append(rows)
            stretches += theirs
        train, validation, test = (_outside(prepared, r, stretches) for r in (fold.train, fold.validation, fold.test))
        return replace(fold, train=train, validation=validation, test=test, rest=joined(used))

    def _of(self, prepared: Prepared, person: str) -> tuple[Rows, list[Stretch]]:
        """Return a person's windows of rest, and from when to when they were taken."""
        table = prepared.table
        mine = where(prepared, np.flatnonzero(table["role"] == REST), subject=person)
        left_s, tolerance_s = self.rest_s, 0.5 / prepared.spec.rate_hz
        used, stretches = [], []
        for rows in groups_in_time(prepared, mine, "trial"):
            begin_s, end_s = float(table["start_s"][rows].min()), float(table["stop_s"][rows].max())
            taken = rows[table["stop_s"][rows] <= begin_s + left_s + tolerance_s]
            used.append(taken)
            stretches.append((int(table["recording"][rows[0]]), begin_s, min(end_s, begin_s + left_s)))
            left_s -= end_s - begin_s
            if left_s <= tolerance_s:
                break
        window_s = prepared.samples.shape[1] / prepared.spec.rate_hz
        if not joined(used).size or left_s > window_s - tolerance_s:
            has_s = self.rest_s - max(left_s, 0.0)
            raise ConfigError(f"{prepared.about.title}: subject {person} has {has_s:g} s of rest; rest_s = "
                              f"{self.rest_s:g} asks for more")  # fmt: skip
        return joined(used), stretches


class TransductiveCalibration(PluginSettings):
    """All windows of each person, those that judge as well, without their labels: no live system has them."""

    kind: Literal["transductive"] = "transductive"

    def apply(self, prepared: Prepared, fold: Fold) -> Fold:
        """Give every window of every side to adaptation, in the place of rest."""
        return replace(fold, rest=joined([fold.train, fold.validation, fold.test]), transductive=True)


class LabelledCalibration(PluginSettings):
    """The first labelled trials of each person who judges; they do not judge then."""

    kind: Literal["labelled"] = "labelled"
    k: int = Field(5, ge=1, description="Trials of each class (of all, where labels are numbers).")
    of: Literal["trial", "window"] = Field("trial", description="What is counted: whole trials, or windows.")
    alone: bool = Field(False, description="Learn from the person's own labels only, from nobody else's.")

    def apply(self, prepared: Prepared, fold: Fold) -> Fold:
        """Take the first trials of each class from the test.

        Raises
        ------
        ConfigError
            If a person has no more than ``k`` of a class.
        """
        taken: list[Rows] = []
        for person in names_of(prepared, fold.test, "subject"):
            groups = groups_in_time(prepared, where(prepared, fold.test, subject=person), self.of)
            for of_class in by_class(prepared, groups).values():
                if len(of_class) <= self.k:
                    raise ConfigError(f"{prepared.about.title}: subject {person} has a class with {len(of_class)} "
                                      f"{self.of}s; k = {self.k} leaves none to test")  # fmt: skip
                taken += of_class[: self.k]
        labelled = joined(taken)
        rest = np.setdiff1d(fold.test, labelled)
        return replace(fold, test=clear_of(prepared, rest, labelled), labelled=labelled)


def _outside(prepared: Prepared, rows: Rows, stretches: list[Stretch]) -> Rows:
    """Return the rows that share no moment with the stretches."""
    table, tolerance_s = prepared.table, 0.5 / prepared.spec.rate_hz
    keep = np.ones(rows.size, dtype=bool)
    for recording, begin_s, end_s in stretches:
        keep &= ~(
            (table["recording"][rows] == recording)
            & (table["start_s"][rows] < end_s - tolerance_s)
            & (table["stop_s"][rows] > begin_s + tolerance_s)
        )
    return rows[keep]
