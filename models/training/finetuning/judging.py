"""How good it is, person by person, with simple models beside it on the same windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.benchmark.fitting import Trial, make_estimator
from models.benchmark.folds import Fold
from models.benchmark.metrics import METRICS
from models.benchmark.windows import Prepared
from models.statistics import interval

CLASS_METRICS, NUMBER_METRICS = ("balanced_accuracy", "auroc", "auc_pr"), ("r2", "pearson")
BASELINES: Mapping[str, tuple[str, ...]] = {
    "classification": ("chance", "bandpower_lr"),
    "regression": ("mean_predictor", "ridge"),
}

Figures = dict[str, Any]


def judged_fold(fold: Fold) -> Fold:
    """Return the fold with somebody who judges: where no test was kept, those who stopped training."""
    return fold if fold.test.size else replace(fold, test=fold.validation, validation=fold.validation[:0])


def figures(truth: NDArray[Any], said: NDArray[np.float64], people: NDArray[np.str_], task: str) -> dict[str, Figures]:
    """Return each metric's mean over people, its 95 % interval, and every person's value.

    Parameters
    ----------
    truth, said, people
        Class numbers or values (n_windows,), probabilities (n_windows, n_classes) or values (n_windows,), and whose
        each window is. A person for whom a metric is not defined is left out of its mean.
    task
        ``classification`` or ``regression``.
    """
    found = {}
    for name in NUMBER_METRICS if task == "regression" else CLASS_METRICS:
        by_person = {
            str(person): METRICS[name].score(truth[people == person], said[people == person])
            for person in np.unique(people)
        }
        values = np.array([value for value in by_person.values() if np.isfinite(value)])
        low, high = interval(values)
        found[name] = {
            "mean": _rounded(values.mean() if values.size else np.nan),
            "interval_95": [_rounded(low), _rounded(high)],
            "by_person": {person: _rounded(value) for person, value in by_person.items()},
        }
    return found


def baselines(prepared: Prepared, fold: Fold, seed: int) -> dict[str, dict[str, Figures]]:
    """Return the figures of simple models that learn from the same windows and are judged on the same ones."""
    found = {}
    for kind in BASELINES[prepared.about.task]:
        estimator = make_estimator({"kind": kind}, prepared, seed)
        said = Trial(prepared, fold, estimator, "others", seed).run("", ())
        found[kind] = figures(said.truth, said.said["clean"], said.people, prepared.about.task)
    return found


def _rounded(value: float) -> float | None:
    """Return what JSON can hold: a figure that is not defined is null."""
    return round(float(value), 4) if np.isfinite(value) else None
