"""Behind ``bci-app bench online``: replay, show progress, print live figures beside those of aligned windows."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pooch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bci_app.pseudo_online import Live, PersonOnline, replay_job
from models.benchmark import suite
from models.benchmark.job import Job, Place
from models.benchmark.settings import Calibration, Setting
from models.benchmark.settings.across_subjects import GroupedKFold, LeaveOneSubjectOut
from models.benchmark.settings.calibration import LabelledCalibration, NoCalibration, RestCalibration
from models.benchmark.suite import Data, Model, Suite
from models.statistics import interval
from pipelines.errors import ConfigError
from pipelines.percent import percent

Found = Mapping[tuple[str, str, str, str, int], list[PersonOnline]]
"""By data set, setting, calibration, model and seed."""


def one_case(
    data_set: str, estimator: str, recipe: str, *, n_folds: int | None, rest_s: float | None, labelled: int | None
) -> Suite:
    """Return a suite of one data set and one estimator.

    Raises
    ------
    ConfigError
        If neither a suite nor both of them are named, or rest and labelled trials are asked for at once.
    """
    if not data_set or not estimator:
        raise ConfigError("bench online: name a suite, or a data set and an estimator: --data-set KIND "
                          "--estimator KIND")  # fmt: skip
    if rest_s is not None and labelled is not None:
        raise ConfigError("bench online: --rest-s and --labelled: one kind of calibration at a time")
    setting: Setting = LeaveOneSubjectOut() if n_folds is None else GroupedKFold(n_folds=n_folds)
    calibration: Calibration = NoCalibration()
    if rest_s is not None:
        calibration = RestCalibration(rest_s=rest_s)
    elif labelled is not None:
        calibration = LabelledCalibration(k=labelled)
    data = Data(kind=data_set, recipe=recipe, settings=(setting,), calibrations=(calibration,))
    return Suite(name="online", data=(data,), models=(Model(kind=estimator),))


def live_part(chosen: Suite) -> Suite:
    """Return what of a suite can be replayed: people whom the decoder has not met, and classes.

    Raises
    ------
    ConfigError
        If nothing can.
    """
    kept = []
    for data in chosen.data:
        settings = tuple(setting for setting in data.settings if setting.promises == "subject")
        if settings:
            kept.append(data.model_copy(update={"settings": settings}))
    models = tuple(model for model in chosen.models if "classification" in model.tasks)
    if not kept:
        raise ConfigError(f"suite {chosen.name!r}: no setting has people whom the decoder has not met")
    return chosen.model_copy(update={"data": tuple(kept), "models": models, "perturbations": ()})


def run_online(chosen: Suite, data: Path, cache: Path | None, live: Live, *, as_json: bool) -> None:
    """Replay every fold of a suite and print the figures.

    Raises
    ------
    BciError
        If data are missing, a fold leaks, or decoding failed.
    """
    place = Place(data.absolute(), (cache or Path(pooch.os_cache("bci_app")) / "windows").absolute())
    found: dict[tuple[str, str, str, str, int], list[PersonOnline]] = {}
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("preparing", total=None)
        jobs = suite.jobs_of(live_part(chosen), place, lambda text: progress.update(task, description=text))
        progress.update(task, total=len(jobs))
        for job in jobs:
            progress.update(task, description=f"{job.model}, {job.fold}")
            found.setdefault(_case(job), []).extend(replay_job(job, place, live))
            progress.advance(task)
    if as_json:
        print(json.dumps({"hop_s": live.hop_s, "smoothing": live.smoothing.mode, "rows": as_rows(found)}))  # noqa: T201
        return
    for case, people in found.items():
        Console().print(table_of(case, people, live))


def _case(job: Job) -> tuple[str, str, str, str, int]:
    return job.data["kind"], _words(job.setting), _words(job.calibration), job.model, job.seed


def _words(table: Setting | Calibration) -> str:
    values = table.model_dump(mode="json", exclude={"kind"}, exclude_defaults=False)
    inside = ", ".join(f"{name} = {value}" for name, value in values.items())
    return f"{table.kind} ({inside})" if inside else table.kind


def as_rows(found: Found) -> list[dict[str, Any]]:
    """Return the figures for ``--json``; those that are not defined are None."""
    return [
        {
            "data": data, "setting": setting, "calibration": calibration, "estimator": model, "seed": seed,
            "balanced_accuracy": _or_none(_mean([p.live.balanced_accuracy for p in people])),
            "offline_balanced_accuracy": _or_none(_mean([p.offline for p in people])),
            "people": [
                {"person": p.person, "offline_balanced_accuracy": _or_none(p.offline)}
                | {name: _or_none(value) for name, value in asdict(p.live).items()}
                for p in people
            ],
        }
        for (data, setting, calibration, model, seed), people in found.items()
    ]  # fmt: skip


def table_of(case: tuple[str, str, str, str, int], people: Sequence[PersonOnline], live: Live) -> Table:
    """Return a line for each person, and the mean with its 95 % interval."""
    *words, seed = case
    title = f"{', '.join(words)}, seed {seed}: a decision every {live.hop_s:g} s, smoothing {live.smoothing.mode}"
    table = Table("person", "aligned windows", "live", "decisions/min", "abstained", "first right (s)", "missed",
                  "false switches/min", title=title)  # fmt: skip
    for p in people:
        s = p.live
        table.add_row(
            p.person, _shown(p.offline), _shown(s.balanced_accuracy), _shown(s.decisions_per_min, 1),
            f"{percent(s.abstained, 1)}", _shown(s.first_right_s, 1), f"{s.n_missed}/{s.n_changes}",
            _shown(s.false_switches_per_min, 2),
        )  # fmt: skip
    table.add_section()
    scores = [p.live for p in people]
    table.add_row(
        "mean", _with_interval([p.offline for p in people]), _with_interval([s.balanced_accuracy for s in scores]),
        _shown(_mean([s.decisions_per_min for s in scores]), 1), f"{percent(_mean([s.abstained for s in scores]), 1)}",
        _shown(_mean([s.first_right_s for s in scores]), 1),
        f"{sum(s.n_missed for s in scores)}/{sum(s.n_changes for s in scores)}",
        _shown(_mean([s.false_switches_per_min for s in scores]), 2),
    )  # fmt: skip
    return table


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if math.isfinite(value)]
    return float(np.mean(known)) if known else math.nan


def _with_interval(values: Sequence[float]) -> str:
    low, high = interval(np.array([value for value in values if math.isfinite(value)]))
    return f"{_shown(_mean(values))} ({_shown(low)} – {_shown(high)})"


def _shown(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "–"


def _or_none(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
