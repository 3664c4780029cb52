"""Windows for fine-tuning: a fold of a prepared data set, each window aligned to its person where that is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.alignment import MIN_WINDOWS, RestAlignment
from models.benchmark.folds import Fold, Rows
from models.benchmark.guard import check
from models.benchmark.settings.across_subjects import CrossSubject
from models.benchmark.settings.calibration import RestCalibration
from models.benchmark.settings.table import names_of, trial_rows, within
from models.benchmark.windows import Prepared
from models.estimator import Windows
from models.training.finetuning.tables import Rest, Split
from pipelines.errors import ConfigError


def fold_of(prepared: Prepared, split: Split, rest: Rest, seed: int) -> Fold:
    """Return who teaches, stops and judges; shown to the benchmark's guard.

    Raises
    ------
    ConfigError
        If somebody named is not there, nobody is left to teach, or a person has too little rest.
    DataLeak
        If two sides share what the split promises to keep apart.
    """
    fold = _published(prepared, split, seed) if split.published else _own(prepared, split, seed)
    if rest.alignment != "none":
        fold = RestCalibration(rest_s=rest.rest_s).apply(prepared, fold)
    if not (fold.train.size and fold.validation.size):
        raise ConfigError(f"{prepared.about.title}: split: no windows are left to teach and to stop training by")
    check(prepared, fold, "trial" if split.published else split.unit)
    return fold


def _published(prepared: Prepared, split: Split, seed: int) -> Fold:
    return CrossSubject(split=split.published).folds(prepared, seed)[0]


def _own(prepared: Prepared, split: Split, seed: int) -> Fold:
    rows, column = trial_rows(prepared), split.unit
    names = names_of(prepared, rows, column)
    absent = sorted({*split.test, *split.validation} - set(names))
    if absent:
        raise ConfigError(f"{prepared.about.title}: split: no {column} {', '.join(absent)}; there are: "
                          f"{', '.join(names)}")  # fmt: skip
    left = [name for name in names if name not in split.test]
    aside = list(split.validation)
    if not aside:
        if len(left) <= split.validation_count:
            raise ConfigError(f"{prepared.about.title}: split: validation_count = {split.validation_count} leaves none "
                              f"of {len(left)} {column}s to teach")  # fmt: skip
        drawn = np.random.default_rng(seed).permutation(len(left))[: split.validation_count]
        aside = [left[i] for i in drawn]
    train = [name for name in left if name not in aside]
    sides = (within(prepared, rows, column, part) for part in (train, list(split.test), aside))
    taught, judged, stopped = sides
    return Fold("fine-tuning", taught, judged, stopped)


@dataclass(frozen=True, slots=True)
class PeoplesWindows:
    """Windows of a prepared data set as the network gets them (µV)."""

    prepared: Prepared
    fold: Fold
    rest: Rest

    def windows(self, rows: Rows) -> Windows:
        """Return windows (n_windows, n_channels, n_times), aligned to each person's rest where that is asked for.

        Raises
        ------
        ConfigError
            If a person's rest gives too few windows.
        """
        found = self.prepared.windows(rows)
        if self.rest.alignment == "none":
            return found
        people = self.people(rows)
        for person in np.unique(people):
            found[people == person] = self._alignment(str(person))(found[people == person])
        return found

    def people(self, rows: Rows) -> NDArray[np.str_]:
        """Return whose each window is."""
        return np.asarray(self.prepared.table["subject"][rows]).astype(str)

    def _alignment(self, person: str) -> RestAlignment:
        rows = within(self.prepared, self.fold.rest, "subject", [person])
        if len(rows) < MIN_WINDOWS:
            raise ConfigError(f"{self.prepared.about.title}: subject {person} has {len(rows)} windows of rest; "
                              f"{MIN_WINDOWS} are needed: raise rest_s or shorten the window")  # fmt: skip
        return RestAlignment.of(self.rest.alignment, self.prepared.windows(rows))
