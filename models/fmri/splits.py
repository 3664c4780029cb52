"""Which trials teach, which choose and which judge. A split cannot be changed, and one that leaks cannot be made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from models.fmri.responses import Trials
from pipelines.errors import ConfigError, DataLeak

Rows = NDArray[np.int64]
Unit = Literal["stimulus", "session"]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Rows of a table of trials: no trial and no stimulus (or session) is on two sides.

    Parameters
    ----------
    train, validation, test
        Rows in increasing order, read-only.
    by
        What is kept on one side: ``stimulus`` (all its trials, in all sessions) or ``session``.
    """

    train: Rows
    validation: Rows
    test: Rows
    by: Unit = "stimulus"

    @classmethod
    def of(
        cls, trials: Trials, train: NDArray[np.bool_], test: NDArray[np.bool_], validation: NDArray[np.bool_], by: Unit
    ) -> Self:
        """Make a split of three masks (n_trials,) and check it.

        Raises
        ------
        DataLeak
            If a trial or a unit is on two sides; names it.
        """
        split = cls(_frozen(train), _frozen(validation), _frozen(test), by)
        split.check(trials)
        return split

    @classmethod
    def by_stimulus(
        cls, trials: Trials, test: float = 0.2, validation: float = 0.1, seed: int = 0, only_test: tuple[str, ...] = ()
    ) -> Self:
        """Draw stimuli; ``only_test`` names the test stimuli of a published split, and ``test`` is then unused."""
        return cls._drawn(trials, trials.stimulus, test, validation, seed, only_test, "stimulus")

    @classmethod
    def by_session(
        cls, trials: Trials, test: float = 0.2, validation: float = 0.1, seed: int = 0, only_test: tuple[str, ...] = ()
    ) -> Self:
        """Draw sessions. Stimuli may recur in another session: it tests stability over time, not new images."""
        return cls._drawn(trials, trials.session, test, validation, seed, only_test, "session")

    @classmethod
    def _drawn(
        cls,
        trials: Trials,
        unit: NDArray[np.str_],
        test: float,
        validation: float,
        seed: int,
        only_test: tuple[str, ...],
        by: Unit,
    ) -> Self:
        known = np.unique(unit)
        drawn = np.random.default_rng(seed).permutation(known)
        testing = np.asarray(only_test, dtype=np.str_) if only_test else drawn[: max(1, round(test * len(known)))]
        rest = drawn[~np.isin(drawn, testing)]
        choosing = rest[: max(1, round(validation * len(known)))] if validation else rest[:0]
        if len(rest) <= len(choosing):
            raise ConfigError(
                f"split by {by}: {len(known)} are too few for test {test:g} and validation {validation:g}"
            )
        on_test, on_validation = np.isin(unit, testing), np.isin(unit, choosing)
        return cls.of(trials, ~on_test & ~on_validation, on_test, on_validation, by)

    def check(self, trials: Trials) -> None:
        """Raise :class:`DataLeak` if a trial or a unit of these trials is on two sides."""
        unit = trials.stimulus if self.by == "stimulus" else trials.session
        sides = {"train": self.train, "validation": self.validation, "test": self.test}
        names = list(sides)
        for i, first in enumerate(names):
            for second in names[i + 1 :]:
                if rows := np.intersect1d(sides[first], sides[second]).tolist():
                    raise DataLeak(f"trial {rows[0]} is in {first} and in {second}")
                if both := np.intersect1d(unit[sides[first]], unit[sides[second]]).tolist():
                    raise DataLeak(f"{self.by} {both[0]!r} is in {first} and in {second} ({len(both)} are)")


def _frozen(mask: NDArray[np.bool_]) -> Rows:
    rows = np.flatnonzero(mask).astype(np.int64)
    rows.flags.writeable = False
    return rows
