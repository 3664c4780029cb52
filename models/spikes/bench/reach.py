"""Simulated reaches: animals never seen, in a world whose units tell their tuning, and in one where nobody can know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from models.spikes.bench.problem import Job, Problem
from models.spikes.bench.reading import compared, halves, mean_figures, read_unseen
from models.spikes.bench.rows import ACROSS, Table, model, select
from models.spikes.simulation.reach import ReachSettings, Tuning, reach
from models.training.task import Progress

LEARNED, UNSEEN = 5, 8
REPEATS = 8


def problem(tuning: Tuning, rows: Iterable[str] = ()) -> Problem:
    """Return the problem of a world; five seeds are five worlds with other animals."""
    settings = ReachSettings(tuning=tuning, repeats=REPEATS)
    jobs = {name: _job(settings, table) for name, table in select(ACROSS, rows).items()}
    told = {"animals": LEARNED, "unseen": UNSEEN, **asdict(settings)}
    return Problem(f"reach_{tuning}", told, jobs, ("r", "r_rotated", "paired_minus_unpaired", "r2"))


def _job(settings: ReachSettings, table: Table) -> Job:
    def job(seed: int, progress: Progress) -> dict[str, float]:
        animals = [reach(settings, animal, seed) for animal in range(LEARNED + UNSEEN)]
        learned, unseen = animals[:LEARNED], animals[LEARNED:]
        fitted = model(table, covariate="velocity")
        fitted.fit(learned, seed, progress)
        figures = []
        for trials in unseen:
            calibration, test = halves(trials)
            said = read_unseen(fitted, learned, [t.truth["latent"] for t in learned], calibration, test)
            figures.append(compared(said, test.truth["latent"], test.global_rate))
        return mean_figures(figures)

    return job
