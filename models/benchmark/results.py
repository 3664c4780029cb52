"""From predictions to figures: one row for each model under each condition, one value for each person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.benchmark.job import Job
from models.benchmark.metrics import METRICS, PRIMARY, bits_per_minute, scores
from models.benchmark.perturbation import CLEAN
from models.benchmark.predictions import Predictions
from models.dataset import Task
from models.statistics import interval

NEED_PROBABILITIES = ("auroc", "auc_pr", "calibration_error")
"""Figures that one-hot choices cannot give."""


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """What is the same for all models of one table.

    Parameters
    ----------
    data
        Kind of the data set, with its options where there are any.
    setting, calibration
        In words; see :func:`in_words`.
    """

    data: str
    setting: str
    calibration: str

    def __str__(self) -> str:
        """Name it in a heading."""
        return f"{self.data} · {self.setting} · {self.calibration}"


@dataclass(frozen=True, slots=True)
class Row:
    """One model under one condition.

    Parameters
    ----------
    condition, model
        Which.
    job
        One of its jobs, for what it was made of.
    task
        Of the data set.
    n_windows, n_answers, seeds
        Windows that judged, classes (or items, 0 for numbers), seeds.
    people
        Who judged.
    by_person
        By figure: (n_people,), the mean over seeds.
    by_seed
        By figure: (n_seeds,), the mean over people.
    by_fold
        The primary figure of each fold, averaged over seeds: all there is to go by where one person was recorded.
    perturbed
        By perturbation: the primary figure, averaged over people and seeds.
    fit_s, latency_ms, calibration_s
        Medians over folds: time to learn (s), time for one decision (ms), signal used for adaptation (s).
    """

    condition: Condition
    model: str
    job: Job
    task: Task
    n_windows: int
    n_answers: int
    seeds: tuple[int, ...]
    people: tuple[str, ...]
    by_person: Mapping[str, NDArray[np.float64]]
    by_seed: Mapping[str, NDArray[np.float64]]
    by_fold: NDArray[np.float64]
    perturbed: Mapping[str, float]
    fit_s: float
    latency_ms: float
    calibration_s: float

    @property
    def primary(self) -> str:
        """Name of the primary figure."""
        return PRIMARY[self.task]

    def mean(self, figure: str) -> float:
        """Return the mean over people of whom the figure is defined."""
        values = self.by_person[figure]
        known = values[np.isfinite(values)]
        return float(known.mean()) if known.size else float("nan")

    def interval(self, figure: str) -> tuple[float, float]:
        """Return the 95 % interval of the mean, drawing people with replacement; NaN for fewer than two people."""
        values = self.by_person[figure]
        return interval(values[np.isfinite(values)])

    def chance(self) -> float:
        """Return what a model that knows nothing reaches in the primary figure."""
        return METRICS[self.primary].chance(max(self.n_answers, 1))

    def as_dict(self) -> dict[str, Any]:
        """Return the row for ``--json``; figures that are not defined are None."""
        low, high = self.interval(self.primary)
        return {
            "data": self.condition.data,
            "setting": self.condition.setting,
            "calibration": self.condition.calibration,
            "estimator": self.model,
            "n_people": len(self.people),
            "n_windows": self.n_windows,
            "seeds": list(self.seeds),
            "chance": _or_none(self.chance()),
            **{figure: _or_none(self.mean(figure)) for figure in self.by_person},
            "interval_95": [_or_none(low), _or_none(high)],
            "by_person": dict(zip(self.people, map(_or_none, self.by_person[self.primary]), strict=True)),
            "by_seed": [_or_none(value) for value in self.by_seed[self.primary]],
            "perturbed": {name: _or_none(value) for name, value in self.perturbed.items()},
            "fit_s": round(self.fit_s, 3),
            "latency_ms": round(self.latency_ms, 3),
            "calibration_s": round(self.calibration_s, 1),
        }


def rows_of(results: Iterable[tuple[Job, Predictions]]) -> list[Row]:
    """Gather results into rows, sorted by condition, the best model first."""
    gathered: dict[tuple[Condition, str], list[tuple[Job, Predictions]]] = defaultdict(list)
    for job, found in results:
        gathered[condition_of(job), job.model].append((job, found))
    rows = [_row(condition, model, found) for (condition, model), found in gathered.items()]
    return sorted(rows, key=lambda row: (row.condition, _worst_last(row)))


def condition_of(job: Job) -> Condition:
    """Return the condition a job belongs to."""
    options = {k: v for k, v in job.data.items() if k not in ("kind", "folder")}
    data = job.data["kind"] + (f" ({_listed(options)})" if options else "")
    return Condition(data, in_words(job.setting), in_words(job.calibration))


def in_words(table: Any) -> str:
    """Name a setting or calibration: its kind, and what was said beside the defaults."""
    said = table.model_dump(exclude={"kind"}, exclude_defaults=True)
    kind = str(table.kind).replace("_", " ")
    words = kind if kind != "none" else "no calibration"
    return words + (f" ({_listed(said)})" if said else "")


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value:g}" if isinstance(value, float) else f"{name} = {value}"
                     for name, value in values.items())  # fmt: skip


def _row(condition: Condition, model: str, found: list[tuple[Job, Predictions]]) -> Row:
    job = found[0][0]
    kind = found[0][1].kind
    task: Task = "regression" if kind == "value" else _task_of(found[0][1])
    seeds = tuple(sorted({j.seed for j, _ in found}))
    by_seed_person = {seed: _by_person(task, [p for j, p in found if j.seed == seed], CLEAN) for seed in seeds}
    people = tuple(sorted({person for values in by_seed_person.values() for person in values}))
    figures = list(next(iter(next(iter(by_seed_person.values())).values())))
    table = {
        figure: np.array([[by_seed_person[s].get(p, {}).get(figure, np.nan) for p in people] for s in seeds])
        for figure in figures
    }
    if "bits_per_decision" in table:
        table["bits_per_minute"] = bits_per_minute(1.0, job.recipe.window_s) * table["bits_per_decision"]
    if kind == "choice":
        table |= {figure: np.full_like(table[figure], np.nan) for figure in NEED_PROBABILITIES if figure in table}
    faults = [name for name in found[0][1].said if name != CLEAN]
    return Row(
        condition, model, job, task,
        n_windows=sum(len(p.rows) for j, p in found if j.seed == seeds[0]),
        n_answers=len(found[0][1].labels),
        seeds=seeds, people=people,
        by_person={figure: _mean(values, axis=0) for figure, values in table.items()},
        by_seed={figure: _mean(values, axis=1) for figure, values in table.items()},
        by_fold=_by_fold(task, found),
        perturbed={name: _overall(task, found, name, seeds) for name in faults},
        fit_s=float(np.median([p.fit_s for _, p in found])),
        latency_ms=float(np.median([p.latency_ms for _, p in found])),
        calibration_s=float(np.median([p.calibration_s for _, p in found])),
    )  # fmt: skip


def _task_of(found: Predictions) -> Task:
    """Tell retrieval, whose answers are similarities, from classification, whose answers are probabilities."""
    sums = found.said[CLEAN].sum(axis=1)
    return "classification" if np.allclose(sums, 1.0, atol=1e-5) else "retrieval"


def _by_person(task: Task, found: list[Predictions], name: str) -> dict[str, dict[str, float]]:
    """Judge each person on all their windows, of whatever fold."""
    people = np.concatenate([p.people for p in found])
    truth = np.concatenate([p.truth for p in found])
    said = np.concatenate([p.said[name] for p in found])
    return {str(who): scores(task, truth[people == who], said[people == who]) for who in np.unique(people)}


def _by_fold(task: Task, found: list[tuple[Job, Predictions]]) -> NDArray[np.float64]:
    score = METRICS[PRIMARY[task]].score
    values: dict[str, list[float]] = defaultdict(list)
    for job, predicted in found:
        values[job.fold].append(score(predicted.truth, predicted.said[CLEAN]))
    return np.array([float(_mean(np.array(v), axis=0)) for _, v in sorted(values.items())])


def _overall(task: Task, found: list[tuple[Job, Predictions]], name: str, seeds: tuple[int, ...]) -> float:
    values = [
        figures[PRIMARY[task]]
        for seed in seeds
        for figures in _by_person(task, [p for j, p in found if j.seed == seed], name).values()
    ]
    return float(_mean(np.array(values), axis=0))


def _mean(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Mean of what is finite; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _worst_last(row: Row) -> float:
    mean = row.mean(row.primary)
    sign = -1.0 if METRICS[row.primary].higher_is_better else 1.0
    return sign * mean if np.isfinite(mean) else np.inf


def _or_none(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
