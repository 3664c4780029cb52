"""One fit and its judgement, with a key of everything that makes its outcome."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter

from models.benchmark import fitting
from models.benchmark.fingerprint import canonical_json, code_sha256, sha256_of
from models.benchmark.fitting import Trial, Use, make_estimator
from models.benchmark.folds import Fold
from models.benchmark.perturbation import Perturbation
from models.benchmark.predictions import Predictions
from models.benchmark.preparation import prepare
from models.benchmark.recipe import Recipe
from models.benchmark.settings import Calibration, Setting, folds_of
from models.benchmark.settings.calibration import LabelledCalibration, NoCalibration
from models.benchmark.windows import Prepared
from pipelines.errors import ModelError
from pipelines.plugins import PluginSettings, configure, load

PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "pyriemann", "mne", "braindecode")
"""Whose version may change a figure."""


SETTINGS: TypeAdapter[Setting] = TypeAdapter(Setting)
CALIBRATIONS: TypeAdapter[Calibration] = TypeAdapter(Calibration)


@dataclass(frozen=True, slots=True)
class Place:
    """Where this machine keeps the data sets and the cache; no result depends on it."""

    data: Path
    cache: Path

    def table(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return a data set's table with its folder found under the data root."""
        return {**data, "folder": str(self.data / data.get("folder", data["kind"]))}


class Job(PluginSettings):
    """One estimator on one fold.

    ``key`` is of all fields but those that only name things: the folder, the model's name in reports.
    """

    model: str
    data: dict[str, Any]
    recipe: Recipe
    setting: Setting
    calibration: Calibration = NoCalibration()
    estimator: dict[str, Any]
    perturbations: tuple[Perturbation, ...] = ()
    seed: int = Field(0, ge=0)
    fold: str
    windows: str
    """Key of the prepared windows."""
    rows: str
    """Hash of the fold's rows."""
    files: dict[str, str] = Field(default_factory=dict)
    """Hash of each file that the estimator's settings name."""
    code: str
    """Hash of the estimator's code."""
    versions: dict[str, str]

    @property
    def key(self) -> str:
        """Hash of everything that makes the outcome."""
        made_of = self.model_dump(mode="json", exclude={"model", "files"})
        made_of["data"].pop("folder", None)
        made_of["estimator"] |= self.files
        return sha256_of(made_of)

    def __str__(self) -> str:
        """Name the job for a person."""
        return (
            f"{self.data['kind']}, {self.setting.kind}, calibration {self.calibration.kind}, {self.model}, "
            f"seed {self.seed}, {self.fold}"
        )


def jobs_for(
    prepared: Prepared,
    folds: Sequence[Fold],
    data: Mapping[str, Any],
    recipe: Recipe,
    setting: Setting,
    calibration: Calibration,
    estimator: Mapping[str, Any],
    *,
    model: str = "",
    seed: int = 0,
    perturbations: Sequence[Perturbation] = (),
) -> list[Job]:
    """Return a job for each of the folds that ``folds_of(setting, calibration, prepared, seed)`` has made.

    Raises
    ------
    ConfigError
        If the estimator's table is wrong.
    """
    _, settings = configure("estimators", estimator, "estimators")
    table = {"kind": estimator["kind"], **settings.model_dump(mode="json")}
    files = {name: _file_sha256(value) for name, value in table.items() if _is_file(value)}
    code = _code_sha256(table)
    return [
        Job(
            model=model or str(estimator["kind"]), data=dict(data), recipe=recipe, setting=setting,
            calibration=calibration, estimator=table, perturbations=tuple(perturbations), seed=seed, fold=fold.name,
            windows=prepared.key, rows=_rows_sha256(fold), files=files, code=code, versions=versions(),
        )
        for fold in folds
    ]  # fmt: skip


def run_job(job: Job, place: Place) -> Predictions:
    """Run one job.

    Raises
    ------
    ModelError
        As :func:`trial_of`; or if the estimator cannot be used so.
    """
    return trial_of(job, place).run(job.key, job.perturbations)


def trial_of(job: Job, place: Place) -> Trial:
    """Return the estimator and the fold of a job, nothing learned yet.

    Raises
    ------
    ModelError
        If packages, code, files, data or folds are not those the job was made for.
    """
    if job.versions != versions():
        raise ModelError(f"{job}: made for {job.versions}, but here are {versions()}: install the same packages")
    if job.code != _code_sha256(job.estimator):
        raise ModelError(f"{job}: made for other code of the estimator than is here: install the same version")
    for name, expected in job.files.items():
        if _file_sha256(job.estimator[name]) != expected:
            raise ModelError(f"{job}: {name} = {job.estimator[name]!r} is not the file that the job was made for")
    where = (canonical_json(place.table(job.data)), job.recipe.model_dump_json(), str(place.cache))
    prepared = _prepared(*where)
    if prepared.key != job.windows:
        raise ModelError(f"{job}: the data or the code that prepares them have changed since the job was made")
    fold = _folds(*where, job.setting.model_dump_json(), job.calibration.model_dump_json(), job.seed).get(job.fold)
    if fold is None or _rows_sha256(fold) != job.rows:
        raise ModelError(f"{job}: this fold is no longer the one the job was made for")
    use: Use = "others"
    if isinstance(job.calibration, LabelledCalibration):
        use = "own" if job.calibration.alone else "others_and_own"
    estimator = make_estimator(job.estimator, prepared, job.seed)
    return Trial(prepared, fold, estimator, use, job.seed)


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the installed packages of :data:`PACKAGES`."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@lru_cache(maxsize=2)
def _prepared(data: str, recipe: str, cache: str) -> Prepared:
    return prepare(json.loads(data), Recipe.model_validate_json(recipe), Path(cache))


@lru_cache(maxsize=4)
def _folds(data: str, recipe: str, cache: str, setting: str, calibration: str, seed: int) -> dict[str, Fold]:
    made = folds_of(
        SETTINGS.validate_json(setting), CALIBRATIONS.validate_json(calibration), _prepared(data, recipe, cache), seed
    )
    return {fold.name: fold for fold in made}


def _rows_sha256(fold: Fold) -> str:
    digest = hashlib.sha256()
    for side in (fold.train, fold.validation, fold.test, fold.rest, fold.labelled):
        digest.update(f"{side.size};".encode() + side.astype("<i8").tobytes())
    return digest.hexdigest()


def _code_sha256(estimator: Mapping[str, Any]) -> str:
    return code_sha256(load("estimators", estimator["kind"]), fitting)


def _is_file(value: object) -> bool:
    return isinstance(value, str) and os.path.isfile(value)


def _file_sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
