"""The UniMind benchmark: rounds of one model for all tasks, one for each task, and what they stand beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.benchmark.unimind_cells import CSBRAIN, Cell, CellStore, Place, answered, estimated, fold_of
from models.checkpoints import CARD, read_card
from models.training.task import Progress, Stopped, claim
from models.unimind.task_data import STAGES, TaskWindows, sources, task_samples, task_windows
from models.unimind.training.settings import UniMindSettings
from pipelines.errors import ConfigError, RecordingError

MULTI, SINGLE, NETWORK, CLASSICAL, CHANCE = (
    "UniMind, all tasks", "UniMind, one task", "CSBrain head", "classical", "chance"
)  # fmt: skip
MODELS = (MULTI, SINGLE, NETWORK, CLASSICAL, CHANCE)
SIMULATED = "simulated"
"""First folder of the data sets that ``python -m benchmarks.simulated_tasks`` makes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run, and where it is kept.

    Parameters
    ----------
    data
        Folder in which each data set has one of its own.
    simulated
        Folder of simulated participants; None leaves their tasks out.
    out
        Of checkpoints and cells.
    cache
        Of prepared windows.
    rounds
        In each, one fold of every task judges.
    limit
        At most so many windows of a task teach.
    settings
        Of the training of UniMind.
    tasks
        Names of the cards; empty: all whose data are there.
    network
        Table of the network with a head that stands beside.
    """

    data: Path
    simulated: Path | None
    out: Path
    cache: Path
    rounds: int
    limit: int | None
    settings: UniMindSettings
    tasks: tuple[str, ...] = ()
    network: Mapping[str, Any] = field(default_factory=lambda: CSBRAIN)


def folder_of(plan: Plan, name: str) -> Path | None:
    """Return the folder of a card's data set; None where simulated ones are left out."""
    data = sources()[name].data
    inside = Path(str(data.get("folder", data["kind"])))
    if inside.parts[0] != SIMULATED:
        return plan.data / inside
    return None if plan.simulated is None else plan.simulated.joinpath(*inside.parts[1:])


def prepared_tasks(plan: Plan, tell: Callable[[str], None]) -> list[TaskWindows]:
    """Prepare the tasks; without a choice, those whose data are absent are told and left out.

    Raises
    ------
    BciError
        If there is no such task, data of a chosen one are missing, or fewer than two are left.
    """
    unknown = sorted(set(plan.tasks) - set(sources()))
    if unknown:
        raise ConfigError(f"bench unimind: no task {', '.join(unknown)}; there are {', '.join(sources())}")
    found = []
    for name in plan.tasks or sources():
        folder = folder_of(plan, name)
        if folder is None:
            continue
        try:
            found.append(task_windows(name, folder, plan.cache, 0, None, tell))
        except RecordingError as exc:
            if plan.tasks:
                raise
            tell(f"{name} is left out: {exc}")
    if len(found) < 2:
        raise ConfigError(f"bench unimind: {plan.data}: at least two tasks are needed, there are data for {len(found)}")
    return found


def run(plan: Plan, tasks: Sequence[TaskWindows], progress: Progress) -> Iterator[Cell]:
    """Yield all cells; those that are there already are not made again.

    Raises
    ------
    Stopped
        If it was asked to end; what is done is kept.
    BciError
        If something cannot be trained or judged.
    """
    store = CellStore(plan.out / "cells")
    for round_ in range(plan.rounds):
        # A task with fewer folds than rounds has been judged; its first fold stays left out.
        judged = [task for task in tasks if round_ < len(task.folds)]
        for task in judged:
            yield from _beside(plan, task, round_, store, progress)
        yield from _unimind(plan, tasks, judged, round_, MULTI, store, progress)
        for task in judged:
            yield from _unimind(plan, [task], [task], round_, SINGLE, store, progress)


def _beside(plan: Plan, task: TaskWindows, round_: int, store: CellStore, progress: Progress) -> Iterator[Cell]:
    """Yield chance, the classical decoder and the network with a head."""
    source = task.source
    own_band = source.classical_band_hz is not None
    folder = folder_of(plan, task.card.name)
    place = ({**source.data, "folder": str(folder)}, plan.cache) if own_band else None
    tables = ((CHANCE, {"kind": "chance"}, None), (CLASSICAL, source.classical, place), (NETWORK, plan.network, None))
    for model, table, where in tables:
        progress.phase(f"round {round_ + 1}: {task.card.name}: {model}")
        band_hz = source.classical_band_hz if where else None
        made_of = _key(task, round_, model, {"table": dict(table), "band_hz": band_hz})

        def make(model: str = model, table: Mapping[str, Any] = table, where: Place = where) -> Cell:
            if progress.stop_requested:
                raise Stopped("cells that are done are kept")
            return estimated(task, round_, model, table, where)

        yield store.get(made_of, make)


def _unimind(
    plan: Plan,
    taught: Sequence[TaskWindows],
    judged: Sequence[TaskWindows],
    round_: int,
    model: str,
    store: CellStore,
    progress: Progress,
) -> Iterator[Cell]:
    """Train UniMind on some tasks, unless that is done, and ask it about what was left out."""
    from models.unimind.checkpoint import load

    name = "all" if model == MULTI else taught[0].card.name
    folder = plan.out / f"round-{round_ + 1}" / name
    counts = _train(plan, taught, round_, folder, progress)
    digest = read_card(folder).weights_sha256
    answerer = None
    for task in judged:
        progress.phase(f"round {round_ + 1}: {task.card.name}: {model}: answers")

        def make(task: TaskWindows = task) -> Cell:
            nonlocal answerer
            answerer = answerer or load(str(folder), "none", "cpu")
            return answered(task, round_, model, answerer, counts[task.card.name])

        yield store.get(_key(task, round_, model, {"weights": digest}), make)


def _train(plan: Plan, tasks: Sequence[TaskWindows], round_: int, folder: Path, progress: Progress) -> dict[str, int]:
    from models.unimind.training.train import train

    samples = [task_samples(task, fold_of(task, round_), round_, plan.limit) for task in tasks]
    if not (folder / CARD).is_file():
        if progress.stop_requested:
            raise Stopped("models that are trained are kept")
        progress.say(f"round {round_ + 1}: training on {', '.join(task.card.name for task in tasks)}")
        claim(folder, {"kind": "unimind", "windows": [task.prepared.key for task in tasks], "round": round_,
                       "limit": plan.limit, **plan.settings.model_dump(mode="json")})  # fmt: skip
        stages = ({"kind": "select"}, *STAGES)
        train(samples, plan.settings.model_copy(update={"seed": round_}), folder, progress, stages)
    return {task.card.name: len(sample.train) for task, sample in zip(tasks, samples, strict=True)}


def _key(task: TaskWindows, round_: int, model: str, made_of: Mapping[str, Any]) -> dict[str, Any]:
    fold = task.folds[fold_of(task, round_)]
    return {"windows": task.prepared.key, "fold": fold.name, "round": round_, "model": model, **made_of}
