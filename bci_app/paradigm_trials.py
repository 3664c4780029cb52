"""From the markers of a recording to the trials of a paradigm's runs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bci_app.paradigm import BLOCK, INFO_STREAM, PAUSE, STREAM, TRIAL_END, Recipe
from pipelines.errors import RecordingError
from pipelines.signal import Marker


@dataclass(frozen=True, slots=True)
class Trial:
    """A stretch of one class: of ``block``, from ``start_s``; ``until_s`` is how far it may be looked at (s)."""

    label: str
    start_s: float
    until_s: float
    block: int


@dataclass(frozen=True, slots=True)
class Run:
    """What was shown in a recording: all runs of the paradigm that came last."""

    kind: str
    classes: tuple[str, ...]
    recipe: Recipe
    trials: tuple[Trial, ...]

    @property
    def blocks(self) -> list[int]:
        """Numbers of the blocks that hold trials."""
        return sorted({trial.block for trial in self.trials})


def run_of(markers: Iterable[Marker], where: str) -> Run:
    """Read the trials off the markers. A trial that was paused, or not finished, is left out.

    Raises
    ------
    RecordingError
        Beginning with ``where``, if no paradigm was run, or its description is damaged.
    """
    runs = _runs(sorted(markers, key=lambda marker: marker.time_s), where)
    if not runs:
        raise RecordingError(f"{where}: no paradigm was run in it (bci-app paradigm, or step 5 of the window)")
    last = runs[-1][0]
    try:
        kind, classes, recipe = str(last["paradigm"]), tuple(map(str, last["classes"])), _recipe(last["recipe"])
    except (LookupError, TypeError) as exc:
        raise RecordingError(f"{where}: the description of the paradigm is not as it is written: {exc!r}") from exc
    trials: list[Trial] = []
    for about, inside in runs:
        if (about.get("paradigm"), about.get("recipe")) == (kind, last["recipe"]):
            trials += _trials(inside, classes, recipe, trials[-1].block + 1 if trials else 0)
    return Run(kind, classes, recipe, tuple(trials))


def _runs(markers: Iterable[Marker], where: str) -> list[tuple[dict[str, Any], list[Marker]]]:
    """Return each run's description and its markers."""
    runs: list[tuple[dict[str, Any], list[Marker]]] = []
    running = False
    for marker in markers:
        if marker.stream == INFO_STREAM:
            about = _description(marker.label, where)
            running = about.get("event") == "start"
            if running:
                runs.append((about, []))
        elif marker.stream == STREAM and running:
            runs[-1][1].append(marker)
    return runs


def _trials(markers: Iterable[Marker], classes: tuple[str, ...], recipe: Recipe, first_block: int) -> list[Trial]:
    found: list[Trial] = []
    under_way: Trial | None = None
    block = first_block - 1
    for marker in markers:
        block += marker.label == BLOCK
        if marker.label in classes:
            under_way = Trial(marker.label, marker.time_s, marker.time_s + recipe.until_s, max(block, first_block))
        if under_way is not None and (recipe.locked or marker.label == TRIAL_END):
            found.append(under_way)
        if recipe.locked or marker.label in (TRIAL_END, PAUSE):
            under_way = None
    return found


def _description(text: str, where: str) -> dict[str, Any]:
    try:
        about = json.loads(text)
    except ValueError as exc:
        raise RecordingError(f"{where}: a marker of {INFO_STREAM} is no JSON: {exc}") from exc
    return about if isinstance(about, dict) else {}


def _recipe(table: dict[str, Any]) -> Recipe:
    return Recipe(**{**table, **{name: tuple(table[name]) for name in ("pipeline", "regions")}})
