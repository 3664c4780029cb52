"""Who teaches and who judges: immutable, and checked on making, by subject, session, trial or condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.spikes.trial_set import TrialSet
from pipelines.errors import ConfigError, DataLeak

By = Literal["subject", "session", "trial", "label"]
"""What must not stand on two sides: an animal, one session of it, a trial, or a condition (a film, say)."""
Side = Literal["train", "validation", "test"]


@dataclass(frozen=True, slots=True)
class Split:
    """Names on each side; which names, ``by`` says.

    Raises
    ------
    DataLeak
        If a name is on two sides.
    ConfigError
        If nobody teaches or nobody judges.
    """

    by: By
    train: frozenset[str]
    test: frozenset[str]
    validation: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        sides = (self.train, self.validation, self.test)
        twice = (self.train & self.validation) | (self.train & self.test) | (self.validation & self.test)
        if twice:
            raise DataLeak(f"split by {self.by}: on two sides: {', '.join(sorted(twice))}")
        if not sides[0] or not sides[2]:
            raise ConfigError(f"split by {self.by}: somebody must teach and somebody must judge")

    def of(self, side: Side, sessions: Sequence[TrialSet]) -> list[TrialSet]:
        """Return the trials of one side, session by session; sessions of which none is left are not returned."""
        wanted: frozenset[str] = getattr(self, side)
        rows = [np.flatnonzero([name in wanted for name in names_of(trials, self.by)]) for trials in sessions]
        return [trials.take(chosen) for trials, chosen in zip(sessions, rows, strict=True) if len(chosen)]


def names_of(trials: TrialSet, by: By) -> list[str]:
    """Return for each trial the name that a split goes by."""
    units = trials.units
    if by == "label":
        return [str(label) for label in trials.labels]
    session = f"{units.subject}/{units.session}"
    whole: Mapping[str, str] = {"subject": units.subject, "session": session}
    return [whole[by]] * trials.n_trials if by in whole else [f"{session}/{name}" for name in trials.ids]


def split(sessions: Sequence[TrialSet], by: By, test: float = 0.25, validation: float = 0.0, seed: int = 0) -> Split:
    """Draw a split.

    Parameters
    ----------
    sessions
        All there is.
    by
        What is drawn.
    test, validation
        Shares of the names, at least one name each where the share is not 0.
    seed
        Of the draw.
    """
    names = sorted({name for trials in sessions for name in names_of(trials, by)})
    order = [names[k] for k in np.random.default_rng(seed).permutation(len(names))]
    n_test, n_validation = (max(1, round(share * len(names))) if share else 0 for share in (test, validation))
    return Split(
        by,
        train=frozenset(order[n_test + n_validation :]),
        test=frozenset(order[:n_test]),
        validation=frozenset(order[n_test : n_test + n_validation]),
    )


def assert_apart(teaching: Sequence[TrialSet], judging: Sequence[TrialSet], by: By) -> None:
    """Make sure that nothing stands on both sides, whatever made them.

    Raises
    ------
    DataLeak
        If something does; names the first ones.
    """
    sides = [{name for trials in side for name in names_of(trials, by)} for side in (teaching, judging)]
    if twice := sorted(sides[0] & sides[1]):
        raise DataLeak(f"by {by}, {len(twice)} stand on both sides: {', '.join(twice[:5])}")
