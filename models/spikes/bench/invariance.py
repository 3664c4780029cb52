"""What must not change PNBA's latents of an animal never seen: the order of its units, and the gain of all of them.

Differences are in standard deviations of the latents. Doubled counts are a pure change of scale. Real gains come with
other draws: counts of a doubled world are thinned by half, once and again; the difference of one thinning from the
whole is to be seen beside that of the two thinnings from one another, which is noise alone. What of it is the gain's
own: the difference of mean latents over draws at a rate and over draws at its double. Its square is the product of the
differences of two halves of the draws, in which noise does not count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace

import numpy as np

from models.spikes.bench.problem import Job, Problem
from models.spikes.bench.rows import ACROSS, Table, model, select
from models.spikes.simulation.reach import ReachSettings, population, rates_hz, reach, record
from models.spikes.trial_set import TrialSet
from models.training.task import Progress

LEARNED, REPEATS = 5, 8
ROWS = ("PNBA", "set reader")
DRAWS = 16
"""Of each gain, in two halves."""


def problem(rows: Iterable[str] = ()) -> Problem:
    """Return the problem; a seed is another world."""
    settings = ReachSettings(repeats=REPEATS)
    jobs = {name: _job(settings, table) for name, table in select({row: ACROSS[row] for row in ROWS}, rows).items()}
    told = {"animals": LEARNED, "draws": DRAWS, **asdict(settings)}
    figures = ("order, largest", "doubled counts", "gain of 2, mean of draws", "gain of 2, redrawn", "redrawn")
    return Problem("invariance", told, jobs, figures)


def _job(settings: ReachSettings, table: Table) -> Job:
    def job(seed: int, progress: Progress) -> dict[str, float]:
        fitted = model(table, covariate="velocity")
        fitted.fit([reach(settings, animal, seed) for animal in range(LEARNED)], seed, progress)
        luck = np.random.default_rng([seed, LEARNED])
        tuned = population(settings, LEARNED, luck)
        louder = record(settings, replace(tuned, base_hz=2 * tuned.base_hz), luck)
        half = luck.binomial(louder.counts.astype(np.int64), 0.5, (2, *louder.counts.shape)).astype(np.float32)
        one, two = (replace(louder, counts=counts) for counts in half)
        shuffled = one.take_units(luck.permutation(one.units.n_units))

        def latents(trials: TrialSet, session: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
            # A session of its own, so that nothing is remembered of the others.
            named = replace(trials, units=replace(trials.units, session=session)).unlabelled()
            return np.asarray(fitted.latents(named, None if fitted.needs == "nothing" else named), np.float64)

        first = latents(one, "one")
        spread = first.std(axis=(0, 1))

        def rms(other: TrialSet, session: str) -> float:
            return float(np.sqrt(np.mean(((latents(other, session) - first) / spread) ** 2)))

        def mean_of_draws(gain: int, half: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
            counts = luck.poisson(gain * rates, (DRAWS // 2, *rates.shape)).astype(np.float32)
            drawn = [latents(replace(one, counts=c), f"{half}: {k} at {gain}") for k, c in enumerate(counts)]
            return np.asarray(np.mean(drawn, axis=0))

        rates = rates_hz(tuned, np.asarray(louder.truth["latent"], np.float64)) * settings.bin_s
        shifts = [(mean_of_draws(2, half) - mean_of_draws(1, half)) / spread for half in (0, 1)]
        return {
            "order, largest": float(np.abs(latents(shuffled, "shuffled") - first).max()),
            "doubled counts": rms(replace(one, counts=2 * one.counts), "doubled"),
            "gain of 2, mean of draws": float(np.sqrt(max(0.0, np.mean(shifts[0] * shifts[1])))),
            "gain of 2, redrawn": rms(louder, "louder"),
            "redrawn": rms(two, "two"),
        }

    return job
