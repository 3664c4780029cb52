"""Drift over days: the decoder of the first day reads later days, whose units turned, changed, went and came.

Decoders that read a table of units also learn from other animals, as they can; a ridge on units cannot use them. A new
day gives away some seconds of activity without labels, or nothing. ``retrained`` learns from labels of the same day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace

import numpy as np

from models.metrics.decoding import r2_score, reader
from models.spikes.baselines.reduction import smoothed
from models.spikes.bench.problem import Job, Problem
from models.spikes.bench.reading import read_unseen
from models.spikes.bench.rows import OVER_DAYS, Table, model, select
from models.spikes.padding import Standard
from models.spikes.simulation.drift import DriftSettings, days
from models.spikes.simulation.reach import ReachSettings, reach
from models.spikes.trial_set import TrialSet
from models.training.task import Progress

DAYS, OTHERS = (0, 1, 2, 4, 7, 10, 14), 5
SHORT_S, MINUTE_S = 5.0, 60.0
SETTINGS = DriftSettings(ReachSettings(repeats=20), turn=0.08, replaced=0.05)
RETRAINED = "retrained on labels of the day"


def problem(rows: Iterable[str] = ()) -> Problem:
    """Return the problem; a seed is an animal with its days."""
    wanted = list(rows) or [*OVER_DAYS, RETRAINED]
    jobs = {name: _job(table) for name, table in select({**OVER_DAYS, RETRAINED: {}}, wanted).items()}
    told = {"days": list(DAYS), "other_animals": OTHERS, **asdict(SETTINGS)}
    return Problem("drift", told, jobs, tuple(f"day {day}, 60 s" for day in DAYS))


def _job(table: Table) -> Job:
    def job(seed: int, progress: Progress) -> dict[str, float]:
        sessions = days(SETTINGS, 0, max(DAYS) + 1, seed)
        # Half of the first day teaches; on every day the last quarter judges.
        first, _ = _apart(sessions[0])
        if not table:
            return {f"day {day}, 60 s": _retrained(sessions[day]) for day in DAYS}
        learned = [first]
        if table["kind"] in ("set_reader", "pnba"):
            learned += [reach(SETTINGS.reach, 100 + number, seed) for number in range(OTHERS)]
        fitted = model(table, covariate="velocity")
        fitted.fit(learned, seed, progress)
        figures = {}
        for day in DAYS:
            before, test = _apart(sessions[day])
            for name, seconds in (("5 s", SHORT_S), ("60 s", MINUTE_S)):
                if fitted.needs == "nothing" and table["kind"] == "static_ridge" and seconds == SHORT_S:
                    continue  # it is told nothing, so there is one figure
                n_trials = int(seconds / (test.n_bins * test.bin_s))
                # Models keep a session by its name: what is known of it must be in the name.
                known, judged = (_renamed(t, f"{test.units.session} after {name}") for t in (before, test))
                said = read_unseen(
                    fitted, learned, [t.covariates["velocity"] for t in learned], known.take(range(n_trials)), judged
                )
                figures[f"day {day}, {name}"] = r2_score(test.covariates["velocity"], said)
        return figures

    return job


def _apart(trials: TrialSet) -> tuple[TrialSet, TrialSet]:
    last = np.arange(trials.n_trials) >= trials.n_trials * 3 // 4
    return trials.take(~last), trials.take(last)


def _renamed(trials: TrialSet, session: str) -> TrialSet:
    return replace(trials, units=replace(trials.units, session=session))


def _retrained(trials: TrialSet) -> float:
    before, test = _apart(trials)
    standard = Standard.of(before)
    read = reader(smoothed(before, standard, 2.0), before.covariates["velocity"])
    return r2_score(test.covariates["velocity"], read(smoothed(test, standard, 2.0)))


def by_day(figures: dict[str, list[float]], name: str) -> tuple[Sequence[int], list[list[float]]]:
    """Return days and (mean, low, high) of a summary's figures after so much of the day (``"5 s"`` or ``"60 s"``)."""
    days_there = [day for day in DAYS if f"day {day}, {name}" in figures]
    return days_there, [figures[f"day {day}, {name}"] for day in days_there]
