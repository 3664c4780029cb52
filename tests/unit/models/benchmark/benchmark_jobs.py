"""Jobs on the six people."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from models.benchmark.job import CALIBRATIONS, SETTINGS, Job, jobs_for
from models.benchmark.perturbation import Perturbation
from models.benchmark.recipe import Recipe
from models.benchmark.settings import folds_of
from models.benchmark.windows import Prepared
from tests.unit.models.benchmark.conftest import PLAIN

LOSO = {"kind": "leave_one_subject_out"}
PERTURBATIONS: TypeAdapter[tuple[Perturbation, ...]] = TypeAdapter(tuple[Perturbation, ...])


def jobs(
    people: Prepared,
    setting: dict[str, Any] = LOSO,
    calibration: dict[str, Any] | None = None,
    *,
    seed: int = 0,
    perturbations: list[dict[str, float]] | None = None,
    recipe: Recipe = PLAIN,
    data: dict[str, Any] | None = None,
    **estimator: Any,
) -> list[Job]:
    made = SETTINGS.validate_python(setting)
    adaptation = CALIBRATIONS.validate_python(calibration or {"kind": "none"})
    return jobs_for(
        people, folds_of(made, adaptation, people, seed), {"kind": "six_people", "folder": "six_people"} | (data or {}),
        recipe, made, adaptation, {"kind": "alpha_power", **estimator}, seed=seed,
        perturbations=PERTURBATIONS.validate_python(perturbations or []),
    )  # fmt: skip
