"""From predictions to figures: one row for each model under each condition, one value for each person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.benchmark.conditions import Condition, conditions_of
from models.benchmark.job import Job
from models.benchmark.metrics import METRICS, PRIMARY, bits_per_minute, names_of, scores
from models.benchmark.perturbation import CLEAN
from models.benchmark.predictions import Kind, Predictions
from models.dataset import Task
from models.statistics import interval
from pipelines.errors import ModelError

TASKS: Mapping[Kind, Task] = {
    "probability": "classification",
    "choice": "classification",
    "item": "retrieval",
    "value": "regression",
}
NEED_PROBABILITIES = ("auroc", "auc_pr", "calibration_error")
"""Figures that one-hot choices cannot give."""


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
    pooled
        By figure: all windows of all people judged together, the mean over seeds; what most papers print.
    missing
        Folds that others under this condition have and this one has not: its figures are of other windows then.
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
    pooled: Mapping[str, float]
    missing: int
    by_fold: NDArray[np.float64]
    perturbed: Mapping[str, float]
    fit_s: float
    latency_ms: float
    calibration_s: float

    @property
    def title(self) -> str:
        """Name of the model, and a warning where folds are missing."""
        return f"{self.model} ({self.missing} folds missing)" if self.missing else self.model

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
            "windows": self.condition.windows,
            "estimator": self.model,
            "n_people": len(self.people),
            "n_windows": self.n_windows,
            "seeds": list(self.seeds),
            "missing_folds": self.missing,
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
    """Gather results into rows, sorted by condition, the best model first, those that lack folds last.

    Raises
    ------
    ModelError
        If two results would count as one fold of one model: two models of one name, or code or data that have changed.
    """
    gathered: dict[tuple[Condition, str], dict[str, tuple[Job, Predictions]]] = defaultdict(dict)
    folds: dict[Condition, set[str]] = defaultdict(set)
    found = list(results)
    conditions = conditions_of([job for job, _ in found])
    for (job, predictions), condition in zip(found, conditions, strict=True):
        gathered[condition, job.model][job.key] = (job, predictions)
        folds[condition].add(job.fold)
    rows = [_row(condition, model, list(of.values()), folds[condition]) for (condition, model), of in gathered.items()]
    return sorted(rows, key=lambda row: (row.condition, row.missing > 0, _worst_last(row), row.model))


def _row(condition: Condition, model: str, found: list[tuple[Job, Predictions]], folds: set[str]) -> Row:
    job = found[0][0]
    kind = found[0][1].kind
    task = TASKS[kind]
    _refuse_doubles(condition, model, found)
    seeds = tuple(sorted({j.seed for j, _ in found}))
    by_seed = {seed: [p for j, p in found if j.seed == seed] for seed in seeds}
    figures = names_of(task)
    by_seed_person = {seed: _by_person(task, figures, of_seed, CLEAN) for seed, of_seed in by_seed.items()}
    pooled = [_judged(task, figures, of_seed, CLEAN) for of_seed in by_seed.values()]
    people = tuple(sorted({person for values in by_seed_person.values() for person in values}))
    table = {
        figure: np.array([[by_seed_person[s].get(p, {}).get(figure, np.nan) for p in people] for s in seeds])
        for figure in pooled[0]
    }
    if "bits_per_decision" in table:
        table["bits_per_minute"] = bits_per_minute(1.0, job.recipe.decision_s) * table["bits_per_decision"]
    undefined = NEED_PROBABILITIES if kind == "choice" else ()
    table |= {figure: np.full_like(table[figure], np.nan) for figure in undefined}
    faults = [name for name in found[0][1].said if name != CLEAN]
    return Row(
        condition, model, job, task,
        n_windows=sum(len(p.rows) for p in by_seed[seeds[0]]),
        n_answers=len(found[0][1].labels),
        seeds=seeds, people=people,
        by_person={figure: _mean(values, axis=0) for figure, values in table.items()},
        by_seed={figure: _mean(values, axis=1) for figure, values in table.items()},
        pooled={
            figure: float("nan") if figure in undefined else float(_mean(np.array([s[figure] for s in pooled]), axis=0))
            for figure in pooled[0]
        },
        missing=len(seeds) * len(folds) - len(found),
        by_fold=_by_fold(task, found),
        perturbed={name: _overall(task, found, name, seeds) for name in faults},
        fit_s=float(np.median([p.fit_s for _, p in found])),
        latency_ms=float(np.median([p.latency_ms for _, p in found])),
        calibration_s=float(np.median([p.calibration_s for _, p in found])),
    )  # fmt: skip


def _refuse_doubles(condition: Condition, model: str, found: list[tuple[Job, Predictions]]) -> None:
    seen: set[tuple[int, str]] = set()
    for job, _ in found:
        if (job.seed, job.fold) in seen:
            raise ModelError(f"{condition}, {model}, seed {job.seed}, {job.fold}: two results: two models have this "
                             "name, or code has changed in between; run the suite again")  # fmt: skip
        seen.add((job.seed, job.fold))


def _by_person(task: Task, figures: Sequence[str], found: list[Predictions], name: str) -> dict[str, dict[str, float]]:
    """Judge each person on all their windows, of whatever fold."""
    people = sorted({str(who) for p in found for who in np.unique(p.people)})
    return {who: _judged(task, figures, found, name, who) for who in people}


def _judged(
    task: Task, figures: Sequence[str], found: list[Predictions], name: str, who: str | None = None
) -> dict[str, float]:
    """Judge all windows together, or those of one person."""
    parts = []
    for p in found:
        mine = np.ones(len(p.people), dtype=bool) if who is None else p.people == who
        if mine.any():
            parts.append((p.truth[mine], p.said[name][mine]))
    if task != "retrieval":
        return scores(figures, np.concatenate([t for t, _ in parts]), np.concatenate([s for _, s in parts]))
    # Items differ from fold to fold; all these figures are means over windows.
    found_in = [scores(figures, truth, said) for truth, said in parts]
    weights = [len(truth) for truth, _ in parts]
    return {figure: float(np.average([f[figure] for f in found_in], weights=weights)) for figure in figures}


def _by_fold(task: Task, found: list[tuple[Job, Predictions]]) -> NDArray[np.float64]:
    score = METRICS[PRIMARY[task]].score
    values: dict[str, list[float]] = defaultdict(list)
    for job, predicted in found:
        values[job.fold].append(score(predicted.truth, predicted.said[CLEAN]))
    return np.array([float(_mean(np.array(v), axis=0)) for _, v in sorted(values.items())])


def _overall(task: Task, found: list[tuple[Job, Predictions]], name: str, seeds: tuple[int, ...]) -> float:
    primary = PRIMARY[task]
    values = [
        figures[primary]
        for seed in seeds
        for figures in _by_person(task, (primary,), [p for j, p in found if j.seed == seed], name).values()
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
