"""Results that nobody has measured: jobs and what they are said to have predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.benchmark.job import CALIBRATIONS, SETTINGS, Job
from models.benchmark.predictions import Kind, Predictions
from models.benchmark.recipe import Recipe

Result = tuple[Job, Predictions]
FIVE_S = Recipe(window_s=5.0)


def job(
    model: str,
    fold: str,
    *,
    seed: int = 0,
    data: Mapping[str, Any] | None = None,
    setting: Mapping[str, Any] | None = None,
    calibration: Mapping[str, Any] | None = None,
    recipe: Recipe = FIVE_S,
    code: str = "c",
    windows: str = "w",
    **estimator: Any,
) -> Job:
    return Job(
        model=model, data={"kind": "eegmat", "folder": "eegmat", **(data or {})}, recipe=recipe,
        setting=SETTINGS.validate_python(setting or {"kind": "leave_one_subject_out"}),
        calibration=CALIBRATIONS.validate_python(calibration or {"kind": "none"}),
        estimator={"kind": model, **estimator}, seed=seed, fold=fold, windows=f"{windows} {recipe.window_s:g}",
        rows=fold, code=code, versions={"numpy": "1"},
    )  # fmt: skip


def probabilities(right: Sequence[bool], truth: Sequence[int], n_classes: int = 2) -> np.ndarray[Any, Any]:
    """Say 0.8 for the true class where right, else for the next one."""
    said = np.full((len(truth), n_classes), 0.2 / (n_classes - 1))
    for i, (good, is_class) in enumerate(zip(right, truth, strict=True)):
        said[i, is_class if good else (is_class + 1) % n_classes] = 0.8
    return said


def result(
    made: Job,
    people: Sequence[str],
    truth: Sequence[Any],
    said: Any,
    *,
    kind: Kind = "probability",
    labels: Sequence[str] = ("rest", "task"),
    faults: Mapping[str, Any] | None = None,
) -> Result:
    arrays = {name: np.asarray(values, dtype=np.float64) for name, values in {"clean": said, **(faults or {})}.items()}
    found = Predictions(
        made.key, kind, tuple(labels), np.arange(len(truth)), np.array(people, dtype=str), np.asarray(truth), arrays,
        n_train=10, fit_s=1.5, latency_ms=0.25, calibration_s=60.0,
    )  # fmt: skip
    return made, found


def person(made: Job, who: str, n_right: int, n: int = 8) -> Result:
    """Judge one person on n windows of two classes in turn; the first n_right are right."""
    truth = [i % 2 for i in range(n)]
    return result(made, [who] * n, truth, probabilities([i < n_right for i in range(n)], truth))


def loso(model: str, right: Mapping[str, int], **of_job: Any) -> list[Result]:
    """One fold for each person, with so many of eight windows right."""
    return [person(job(model, f"subject {who}", **of_job), who, n) for who, n in right.items()]
