"""From cells to the table: each task and model with its figure, an interval, chance; averages over tasks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.benchmark.metrics import METRICS, scores
from models.benchmark.unimind_cells import Cell
from models.benchmark.unimind_run import CHANCE, MULTI
from models.statistics import interval
from models.unimind.task_data import sources

ENOUGH_PEOPLE = 5
"""With fewer judges the interval is over windows, and says nothing of other people."""
N_DRAWS = 1000
FIGURES = ("balanced_accuracy", "auroc", "kappa", "f1_weighted", "calibration_error")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Score:
    """A model on a task.

    Parameters
    ----------
    task, model
        Which.
    figure, value
        The figure that judges this task, averaged over people (of one person, over runs).
    low, high
        Its 95 % interval.
    of_people
        Whether the interval is over people; else windows were drawn.
    chance
        What a model that knows nothing reaches.
    others
        Further figures, by name, of all windows together.
    n_people, n_windows, n_train
        Who and what judged, and how many windows taught (in the first round).
    """

    task: str
    model: str
    figure: str
    value: float
    low: float
    high: float
    of_people: bool
    chance: float
    others: Mapping[str, float]
    n_people: int
    n_windows: int
    n_train: int


def scores_of(cells: Sequence[Cell]) -> list[Score]:
    """Judge every model on every task, all rounds together."""
    gathered: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        gathered[cell.task, cell.model].append(cell)
    return [_score(task, model, found) for (task, model), found in gathered.items()]


def _score(task: str, model: str, cells: Sequence[Cell]) -> Score:
    figure = sources()[task].figure
    people = np.concatenate([cell.people for cell in cells])
    truth, said = np.concatenate([c.truth for c in cells]), np.concatenate([c.said for c in cells])
    by_person = _by_person(figure, people, truth, said)
    enough = len(by_person) >= ENOUGH_PEOPLE
    low, high = interval(by_person) if enough else _over_windows(figure, people, truth, said)
    return Score(
        task, model, figure, float(by_person.mean()), low, high, enough, METRICS[figure].chance(said.shape[1]),
        scores(FIGURES, truth, said), len(by_person), len(truth), cells[0].n_train,
    )  # fmt: skip


def _by_person(figure: str, people: NDArray[np.str_], truth: NDArray[np.int64], said: Floats) -> Floats:
    values = [METRICS[figure].score(truth[people == who], said[people == who]) for who in np.unique(people)]
    return np.array([value for value in values if np.isfinite(value)], dtype=np.float64)


def _over_windows(figure: str, people: NDArray[np.str_], truth: NDArray[np.int64], said: Floats) -> tuple[float, float]:
    """Return the 95 % interval of the mean over people, drawing the windows of each with replacement, by class."""
    rng = np.random.default_rng(0)
    strata = [np.flatnonzero((people == who) & (truth == t)) for who in np.unique(people) for t in np.unique(truth)]
    means = []
    for _ in range(N_DRAWS):
        drawn = np.concatenate([rng.choice(rows, rows.size) for rows in strata if rows.size])
        means.append(float(np.mean(_by_person(figure, people[drawn], truth[drawn], said[drawn]))))
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def common(found: Sequence[Score], *, of_simulated: bool = True) -> set[str]:
    """Return the tasks that every model was judged on; a run that was stopped may lack some of one."""
    models = {score.model for score in found}
    by_task: dict[str, set[str]] = defaultdict(set)
    for score in found:
        by_task[score.task].add(score.model)
    return {t for t, of in by_task.items() if of == models and (of_simulated or not t.startswith("simulated"))}


def averages(found: Sequence[Score], *, of_simulated: bool = True) -> dict[str, tuple[float, float]]:
    """Return by model the mean figure, and its way from chance to 1, over the tasks that all were judged on."""
    by_model: dict[str, list[Score]] = defaultdict(list)
    shared = common(found, of_simulated=of_simulated)
    for score in found:
        if score.task in shared:
            by_model[score.model].append(score)
    return {
        model: (
            float(np.mean([s.value for s in of_model])),
            float(np.mean([(s.value - s.chance) / (1 - s.chance) for s in of_model])),
        )
        for model, of_model in by_model.items()
    }


def verdicts(found: Sequence[Score]) -> dict[str, str]:
    """Say for each task how UniMind of all tasks stands to the best of the others, in words."""
    told = {}
    for task in dict.fromkeys(score.task for score in found):
        of_task = {score.model: score for score in found if score.task == task}
        multi = of_task.get(MULTI)
        rivals = [score for model, score in of_task.items() if model not in (MULTI, CHANCE)]
        if multi is None or not rivals:
            continue
        best = max(rivals, key=lambda score: score.value)
        if multi.value >= best.value:
            told[task] = f"best (next: {best.model} {best.value:.3f})"
        elif multi.value >= best.low:
            told[task] = f"within the interval of {best.model} ({best.value:.3f})"
        else:
            told[task] = f"below {best.model} ({best.value:.3f})"
        if multi.low <= multi.chance:
            told[task] += "; not told apart from chance"
    return told


def queries(cells: Sequence[Cell]) -> dict[str, tuple[Floats, Floats]]:
    """Return by task the mean probability of each spatial and each temporal query, of UniMind of all tasks."""
    found: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.model == MULTI:
            found[cell.task].append(cell)
    # Queries of two rounds are other queries: only the first is shown.
    return {task: (of_task[0].spatial, of_task[0].temporal) for task, of_task in found.items()}


def as_table(found: Sequence[Score], cells: Sequence[Cell]) -> dict[str, Any]:
    """Return everything, JSON-able."""
    mean = {name: {"figure": value, "above_chance": gain} for name, (value, gain) in averages(found).items()}
    of_people = averages(found, of_simulated=False)
    routed = queries(cells)
    return {
        "scores": [asdict(score) for score in found],
        "average": mean,
        "average_without_simulated": {n: {"figure": v, "above_chance": g} for n, (v, g) in of_people.items()},
        "verdicts": verdicts(found),
        "queries": {task: {"spatial": s.tolist(), "temporal": t.tolist()} for task, (s, t) in routed.items()},
        "took_s": {model: sum(c.took_s for c in cells if c.model == model) for model in {c.model for c in cells}},
    }
