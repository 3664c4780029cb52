"""Settings inside one person: folds of one session, from session to session, from run to run."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from models.benchmark.folds import Fold, Rows
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


class WithinSession(SettingTable):
    """Trials of one session are dealt into folds, class by class; a trial is never divided.

    Training windows that share a moment with a test window are left out.
    """

    kind: Literal["within_session"] = "within_session"
    n_folds: int = Field(5, ge=2)
    shuffle: bool = Field(True, description="Deal by lot; otherwise folds are blocks of time.")
    promises: ClassVar[Unit] = "trial"

    def folds(self, prepared: Prepared, seed: int) -> list[Fold]:
        """Return ``n_folds`` folds for each session of each subject."""
        rows, made = trial_rows(prepared), []
        for subject, session, of_session in _sessions(prepared, rows):
            dealt = self._dealt(prepared, f"subject {subject}, session {session}", of_session, seed)
            for number, test in enumerate(dealt):
                train = joined([fold for other, fold in enumerate(dealt) if other != number])
                made.append(
                    Fold(
                        f"subject {subject} session {session} fold {number + 1}", clear_of(prepared, train, test), test
                    )
                )
        return made

    def _dealt(self, prepared: Prepared, whose: str, rows: Rows, seed: int) -> list[Rows]:
        hands: list[list[Rows]] = [[] for _ in range(self.n_folds)]
        rng = np.random.default_rng(seed)
        for of_class in by_class(prepared, groups_in_time(prepared, rows, "trial")).values():
            if len(of_class) < self.n_folds:
                raise self.refuse(prepared, f"{whose} has a class with {len(of_class)} trials, too few for "
                                            f"{self.n_folds} folds")  # fmt: skip
            order = rng.permutation(len(of_class)) if self.shuffle else np.arange(len(of_class))
            for hand, part in zip(hands, np.array_split(order, self.n_folds), strict=True):
                hand += [of_class[i] for i in part]
        return [joined(hand) for hand in hands]


class CrossSession(SettingTable):
    """Each session of a person judges what was learned on that person's other sessions."""

    kind: Literal["cross_session"] = "cross_session"
    promises: ClassVar[Unit] = "session"

    def folds(self, prepared: Prepared, seed: int) -> list[Fold]:
        """Return one fold for each session of the people who have several."""
        rows, made = trial_rows(prepared), []
        for subject in names_of(prepared, rows, "subject"):
            mine = where(prepared, rows, subject=subject)
            made += _leave_out(prepared, mine, "session", f"subject {subject}")
        if not made:
            raise self.refuse(prepared, "nobody has two sessions")
        return made


class CrossRun(SettingTable):
    """Each run of a session judges what was learned on that session's other runs."""

    kind: Literal["cross_run"] = "cross_run"
    promises: ClassVar[Unit] = "run"

    def folds(self, prepared: Prepared, seed: int) -> list[Fold]:
        """Return one fold for each run of the sessions that have several."""
        made = []
        for subject, session, rows in _sessions(prepared, trial_rows(prepared)):
            made += _leave_out(prepared, rows, "run", f"subject {subject} session {session}")
        if not made:
            raise self.refuse(prepared, "no session has two runs")
        return made


def _sessions(prepared: Prepared, rows: Rows) -> list[tuple[str, str, Rows]]:
    found = []
    for subject in names_of(prepared, rows, "subject"):
        mine = where(prepared, rows, subject=subject)
        found += [(subject, name, where(prepared, mine, session=name)) for name in names_of(prepared, mine, "session")]
    return found


def _leave_out(prepared: Prepared, rows: Rows, unit: Literal["session", "run"], whose: str) -> list[Fold]:
    """Leave out one unit after the other; nothing if there is only one."""
    names = names_of(prepared, rows, unit)
    if len(names) < 2:
        return []
    return [
        Fold(f"{whose} {unit} {name}", rows[prepared.table[unit][rows] != name], where(prepared, rows, **{unit: name}))
        for name in names
    ]
