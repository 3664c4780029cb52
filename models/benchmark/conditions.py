"""Conditions: what is the same for all models of one table, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.benchmark.fingerprint import canonical_json
from models.benchmark.job import Job
from pipelines.errors import ModelError


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """What is the same for all models of one table.

    Parameters
    ----------
    data
        Kind of the data set, with its options where there are any.
    setting, calibration
        In words; see :func:`in_words`.
    windows
        What sets its windows apart from those of another condition of the same words; empty where there is none.
    """

    data: str
    setting: str
    calibration: str
    windows: str = ""

    def __str__(self) -> str:
        """Name it in a heading."""
        return " · ".join(filter(None, (self.data, self.setting, self.calibration, self.windows)))


def conditions_of(jobs: Sequence[Job]) -> list[Condition]:
    """Return the condition of each job; where windows differ under the same words, with what sets them apart.

    Raises
    ------
    ModelError
        If nothing that could be named does: the data, or the code that prepares them, have changed in between.
    """
    alike: dict[Condition, dict[str, Job]] = defaultdict(dict)
    plain = [condition_of(job) for job in jobs]
    for condition, job in zip(plain, jobs, strict=True):
        alike[condition].setdefault(job.windows, job)
    apart = {
        (condition, windows): words
        for condition, by_windows in alike.items()
        for windows, words in _apart(condition, by_windows).items()
    }
    return [replace(c, windows=apart[c, job.windows]) for c, job in zip(plain, jobs, strict=True)]


def _apart(condition: Condition, by_windows: Mapping[str, Job]) -> dict[str, str]:
    """Say by key of windows what is different in how they were made: settings of the recipe, or the folder."""
    if len(by_windows) == 1:
        return dict.fromkeys(by_windows, "")
    made_of = {
        windows: {"folder": job.data.get("folder", ""), **job.recipe.model_dump(mode="json")}
        for windows, job in by_windows.items()
    }
    first = next(iter(made_of.values()))
    differ = [name for name in first if any(table[name] != first[name] for table in made_of.values())]
    words = {
        windows: ", ".join(f"{name} = {canonical_json(table[name])}" for name in differ)
        for windows, table in made_of.items()
    }
    if len(set(words.values())) < len(words):
        raise ModelError(f"{condition}: results of data, or of code that prepares them, that have changed in between: "
                         "run the suite again")  # fmt: skip
    return words


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
