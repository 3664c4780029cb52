"""Settings in which everybody both teaches and judges, at different times; and the same with few labels."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from models.benchmark.folds import Fold, Rows
from models.benchmark.settings.across_subjects import published
from models.benchmark.settings.table import (
    SettingTable,
    Unit,
    by_class,
    clear_of,
    groups_in_time,
    joined,
    names_of,
    trial_rows,
    where,
)
from models.benchmark.windows import Prepared


class ByTime(SettingTable):
    """Each subject's earlier trials teach, later ones choose, the last ones judge; or a published split."""

    split: str = Field("", description="Name of a published split; empty: by time.")
    train_share: float = Field(0.6, gt=0, lt=1, description="Share of each class's trials that teach.")
    validation_share: float = Field(0.2, ge=0, lt=1, description="Share that is set aside for early stopping.")
    promises: ClassVar[Unit] = "trial"

    @model_validator(mode="after")
    def _something_is_left(self) -> Self:
        if self.train_share + self.validation_share >= 1:
            raise ValueError("train_share and validation_share together must leave something to test")
        return self

    def folds(self, prepared: Prepared, seed: int) -> list[Fold]:
        """Return the one fold."""
        if self.split:
            return [published(self, prepared, self.split)]
        sides: list[list[Rows]] = [[], [], []]
        for subject in names_of(prepared, trial_rows(prepared), "subject"):
            groups = groups_in_time(prepared, where(prepared, trial_rows(prepared), subject=subject), "trial")
            for of_class in by_class(prepared, groups).values():
                if len(of_class) < 3:
                    raise self.refuse(prepared, f"subject {subject} has a class with {len(of_class)} trials; 3 are "
                                                "needed to train, choose and test")  # fmt: skip
                first = max(1, round(self.train_share * len(of_class)))
                second = max(first, round((self.train_share + self.validation_share) * len(of_class)))
                second = min(second, len(of_class) - 1)
                for side, part in zip(
                    sides, (of_class[:first], of_class[first:second], of_class[second:]), strict=True
                ):
                    side.extend(part)
        train, validation, test = map(joined, sides)
        validation = clear_of(prepared, validation, test)
        return [Fold("everybody", clear_of(prepared, train, joined([validation, test])), test, validation)]


class MultiSubject(ByTime):
    """All labels of the training part."""

    kind: Literal["multi_subject"] = "multi_subject"


class FewShot(ByTime):
    """The test of multi_subject, but only few labels of each subject and class, validation included."""

    kind: Literal["few_shot"] = "few_shot"
    shots: int | None = Field(None, ge=1, description="Labels of each subject and class.")
    ratio: float | None = Field(None, gt=0, le=1, description="The same as a share of what multi_subject trains on.")
    of: Literal["trial", "window"] = Field("trial", description="What one label is given for.")
    validation_of_budget: float = Field(0.2, ge=0, lt=1, description="Share of the labels set aside, if two or more.")

    @model_validator(mode="after")
    def _one_budget(self) -> Self:
        if (self.shots is None) == (self.ratio is None):
            raise ValueError("give either shots or ratio")
        return self

    def folds(self, prepared: Prepared, seed: int) -> list[Fold]:
        """Return the one fold; what is not drawn is not used."""
        (whole,) = super().folds(prepared, seed)
        rng = np.random.default_rng(seed)
        train: list[Rows] = []
        validation: list[Rows] = []
        for subject in names_of(prepared, whole.train, "subject"):
            trials = groups_in_time(prepared, where(prepared, whole.train, subject=subject), "trial")
            for of_class in by_class(prepared, trials).values():
                labels = of_class if self.of == "trial" else list(joined(of_class)[:, None])
                budget = self._budget(prepared, subject, len(labels))
                n_aside = min(round(self.validation_of_budget * budget), budget - 1)
                aside, drawn = self._drawn(of_class, budget, n_aside, rng)
                validation += aside
                train += drawn
        chosen = joined(validation)
        return [Fold(whole.name, clear_of(prepared, joined(train), chosen), whole.test, chosen)]

    def _drawn(
        self, trials: list[Rows], budget: int, n_aside: int, rng: np.random.Generator
    ) -> tuple[list[Rows], list[Rows]]:
        """Draw labels to set aside and labels to learn from; no trial gives both."""
        order = [trials[i] for i in rng.permutation(len(trials))]
        aside: list[Rows] = []
        while len(aside) < n_aside and len(order) > 1:
            aside += self._some(order.pop(0), n_aside - len(aside), rng)
        if self.of == "trial":
            return aside, order[: budget - len(aside)]
        return aside, self._some(joined(order), budget - len(aside), rng)

    def _some(self, rows: Rows, n: int, rng: np.random.Generator) -> list[Rows]:
        """Return up to n windows of some rows, or all rows as one trial."""
        return [rows] if self.of == "trial" else [rows[[i]] for i in rng.permutation(rows.size)[:n]]

    def _budget(self, prepared: Prepared, subject: str, n_labels: int) -> int:
        if self.shots is None:
            return max(1, round((self.ratio or 0.0) * n_labels))
        if self.shots > n_labels:
            raise self.refuse(prepared, f"subject {subject} has a class with only {n_labels} of {self.shots} "
                                        f"{self.of}s to draw")  # fmt: skip
        return self.shots
