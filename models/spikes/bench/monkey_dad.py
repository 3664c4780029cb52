"""Velocity from activity without any pair of the two: distributions are matched, beside ridge with labels.

As published (Dyer et al. 2017), activity is reduced to three dimensions and rotated until it is distributed as
velocities, with speed as the third dimension, of another run or another monkey. ``best rotation`` is found with labels:
no rotation can do better. PNBA learns from runs with velocity, and units of the judged run from their counts alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.metrics.decoding import r2_score, reader
from models.spikes.baselines.matching_spaces import by_distribution
from models.spikes.baselines.reduction import Reduction
from models.spikes.bench.problem import Job, Problem
from models.spikes.bench.rows import select
from models.spikes.bench.unpaired_pnba import velocity_of
from models.spikes.loader import SpikeLoader
from models.spikes.recording import Recording, Series
from models.spikes.trial_set import TrialSet
from models.training.task import Progress
from pipelines.plugins import make

Doubles = NDArray[np.float64]
N_FOLDS = 5
ROWS: dict[str, Mapping[str, str]] = {
    "mean": {},
    "distribution, same monkey's other run": {"velocities": "same"},
    "distribution, other monkey": {"velocities": "other"},
    "PNBA, same monkey's other run": {"velocities": "same", "by": "pnba"},
    "PNBA, other monkey": {"velocities": "other", "by": "pnba"},
    "best rotation, labels": {"velocities": "labels"},
    "ridge, labels": {"velocities": "ridge"},
}


def problem(folder: Path, rows: Iterable[str] = ()) -> Problem:
    """Return the problem; seeds are of samples and starts of the search."""
    jobs = {name: _job(folder, table) for name, table in select(ROWS, rows).items()}
    told = {"latents": 3, "folds": N_FOLDS}
    return Problem("monkey_dad", told, jobs, ("mihi te", "mihi tr", "chewie te", "chewie tr"))


def runs(folder: Path) -> dict[tuple[str, str], TrialSet]:
    """Return every run as one long trial with its velocity."""
    loader: SpikeLoader = make("spike_recordings", {"kind": "monkey_dad", "folder": str(folder)})
    return {(key.subject, key.run): _one_trial(loader.read(key)) for key in loader.keys()}


def _one_trial(recording: Recording) -> TrialSet:
    assert isinstance(recording.activity, Series)
    velocity = recording.covariates["velocity"].values
    return TrialSet(
        recording.units,
        1 / recording.activity.rate_hz,
        recording.activity.values[None],
        np.array([""]),
        ("run",),
        {"velocity": velocity[None]},
    )


def _job(folder: Path, table: Mapping[str, str]) -> Job:
    def job(seed: int, progress: Progress) -> dict[str, float]:
        every = runs(folder)
        return {f"{monkey} {run}": _r2(every, (monkey, run), table, seed, progress) for monkey, run in every}

    return job


def _r2(
    every: Mapping[tuple[str, str], TrialSet],
    key: tuple[str, str],
    table: Mapping[str, str],
    seed: int,
    progress: Progress,
) -> float:
    trials, velocity = every[key], np.asarray(every[key].covariates["velocity"][0], np.float64)
    if not table:
        return r2_score(velocity, _left_out(np.zeros((len(velocity), 1)), velocity))
    if table["velocities"] == "ridge":
        return r2_score(velocity, _left_out(trials.counts[0], velocity))
    same = table["velocities"] == "same"
    others = [t for k, t in every.items() if (k[0] == key[0]) == same and k != key]
    if table.get("by") == "pnba":
        return r2_score(velocity, velocity_of(others, trials, seed, progress))
    found = Reduction.of(trials, 3, 1.0)(trials)[0]
    if table["velocities"] == "labels":
        others = [trials]
    known = [np.asarray(t.covariates["velocity"][0], np.float64) for t in others]
    target, centre, spread = _with_speed(np.concatenate(known))
    if table["velocities"] == "labels":
        left, _, right = np.linalg.svd(found.T @ target)
        matrix = left @ right
    else:
        matrix = by_distribution(found[:, None], target[:, None], seed)
    return r2_score(velocity, (found @ matrix)[:, :2] * spread[:2] + centre[:2])


def _with_speed(velocity: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Return velocity and speed, standardised, (n_bins, 3), with the means and deviations taken away."""
    values = np.column_stack([velocity, np.linalg.norm(velocity, axis=1)])
    centre, spread = values.mean(axis=0), values.std(axis=0)
    return (values - centre) / spread, centre, spread


def _left_out(features: NDArray[Any], velocity: Doubles) -> Doubles:
    """Return what a ridge says of each fifth of the run, learned on the others; fifths are stretches of time."""
    said = np.empty_like(velocity)
    for part in np.array_split(np.arange(len(velocity)), N_FOLDS):
        others = np.setdiff1d(np.arange(len(velocity)), part)
        # Stretches of 20 bins stand for trials, whose bounds nobody tells, when the penalty is chosen.
        n_whole = len(others) // 20 * 20
        x = features[others[:n_whole]].reshape(-1, 20, features.shape[1])
        read = reader(x, velocity[others[:n_whole]].reshape(-1, 20, 2))
        said[part] = read(features[part][None])[0]
    return said
