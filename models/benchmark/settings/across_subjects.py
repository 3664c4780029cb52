"""Settings in which nobody is trained on and judged by: leave one out, grouped folds, published splits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from models.benchmark.folds import Fold, Rows, no_rows
from models.benchmark.settings.table import SettingTable, Unit, names_of, trial_rows, within
from models.benchmark.windows import Prepared
from models.dataset import Key, Part


class LeaveOneSubjectOut(SettingTable):
    """Every subject judges once what was learned on all others."""

    kind: Literal["leave_one_subject_out"] = "leave_one_subject_out"
    validation_subjects: int = Field(0, ge=0, description="Training subjects set aside for early stopping.")
    promises: ClassVar[Unit] = "subject"

    def folds(self, prepared: Prepared, seed: int) -> list[Fold]:
        """Return one fold for each subject."""
        subjects = names_of(prepared, trial_rows(prepared), "subject")
        if len(subjects) < 2 + self.validation_subjects:
            raise self.refuse(prepared, f"needs {2 + self.validation_subjects} subjects, there are {len(subjects)}")
        return [
            _fold(prepared, f"subject {subject}", subjects, [subject], self.validation_subjects, (seed, number))
            for number, subject in enumerate(subjects)
        ]


class GroupedKFold(SettingTable):
    """Subjects are dealt into groups; every group judges once what was learned on the others."""

    kind: Literal["grouped_kfold"] = "grouped_kfold"
    n_folds: int = Field(5, ge=2)
    validation_subjects: int = Field(0, ge=0, description="Training subjects set aside for early stopping.")
    promises: ClassVar[Unit] = "subject"

    def folds(self, prepared: Prepared, seed: int) -> list[Fold]:
        """Return one fold for each group."""
        subjects = names_of(prepared, trial_rows(prepared), "subject")
        largest = -(-len(subjects) // self.n_folds)
        if len(subjects) < max(self.n_folds, largest + self.validation_subjects + 1):
            raise self.refuse(prepared, f"{len(subjects)} subjects are too few for {self.n_folds} folds "
                                        f"with {self.validation_subjects} subjects set aside")  # fmt: skip
        dealt = np.array_split(np.random.default_rng(seed).permutation(len(subjects)), self.n_folds)
        return [
            _fold(
                prepared, f"group {number + 1} of {self.n_folds}", subjects, [subjects[i] for i in sorted(group)],
                self.validation_subjects, (seed, number),
            )
            for number, group in enumerate(dealt)
        ]  # fmt: skip


class CrossSubject(SettingTable):
    """A split of the literature, by the name the data set gives it."""

    kind: Literal["cross_subject"] = "cross_subject"
    split: str
    validation_share: float = Field(
        0.2, ge=0, lt=1, description="Share of training subjects set aside where the split has no validation."
    )
    promises: ClassVar[Unit] = "subject"

    def folds(self, prepared: Prepared, seed: int) -> list[Fold]:
        """Return the one fold."""
        split = published(self, prepared, self.split)
        if split.validation.size:
            return [split]
        subjects = names_of(prepared, split.train, "subject")
        n_aside = min(round(self.validation_share * len(subjects)), len(subjects) - 1)
        validation, train = _set_aside(prepared, split.train, subjects, n_aside, (seed,))
        return [Fold(split.name, train, split.test, validation)]


def published(setting: SettingTable, prepared: Prepared, name: str) -> Fold:
    """Return a published split as a fold.

    Raises
    ------
    ConfigError
        If there is none of that name, or people it needs are not there: its figures would not be comparable.
    """
    if name not in prepared.splits:
        raise setting.refuse(prepared, f"there is no split {name!r}; known are: {', '.join(prepared.splits) or 'none'}")
    split = prepared.splits[name]
    rows = trial_rows(prepared)
    there = set(names_of(prepared, rows, "subject"))
    needed = {s for part in (*split.train, *split.validation, *split.test) for s in part.subjects}
    absent = sorted(needed - there)
    if absent:
        raise setting.refuse(prepared, f"split {name!r} needs subjects that are not there: {', '.join(absent)}")
    train, validation, test = (_held(prepared, rows, parts) for parts in (split.train, split.validation, split.test))
    return Fold(name, train, test, validation, validation_may_teach=False)


def _held(prepared: Prepared, rows: Rows, parts: Sequence[Part]) -> Rows:
    """Return the rows whose recording is of one of the parts."""
    if not parts:
        return no_rows()
    columns = prepared.table[["subject", "session", "run"]][rows]
    keys, where = np.unique(columns, return_inverse=True)
    held = np.array([any(part.holds(Key(*map(str, key))) for part in parts) for key in keys], dtype=bool)
    kept: Rows = rows[held[where]]
    return kept


def _fold(
    prepared: Prepared, name: str, subjects: list[str], tested: list[str], n_aside: int, seed: tuple[int, ...]
) -> Fold:
    rows = trial_rows(prepared)
    others = [subject for subject in subjects if subject not in tested]
    validation, train = _set_aside(prepared, within(prepared, rows, "subject", others), others, n_aside, seed)
    return Fold(name, train, within(prepared, rows, "subject", tested), validation)


def _set_aside(
    prepared: Prepared, rows: Rows, subjects: list[str], n_aside: int, seed: tuple[int, ...]
) -> tuple[Rows, Rows]:
    """Return rows of some subjects, drawn by lot, and rows of the others."""
    drawn = np.random.default_rng(seed).permutation(len(subjects))[:n_aside]
    aside = [subjects[i] for i in drawn]
    return (
        within(prepared, rows, "subject", aside),
        within(prepared, rows, "subject", [subject for subject in subjects if subject not in aside]),
    )
