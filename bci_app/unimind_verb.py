"""Behind ``bci-app bench unimind``: train, ask, print, write the report. What is done is kept, cell by cell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pooch
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bci_app.bench_verbs import OUT
from bci_app.config import read_toml, with_overrides
from bci_app.train_verb import INTERRUPTED
from bci_app.training_view import TrainingView
from models.training.task import Stopped
from models.unimind.task_cards import cards
from pipelines.errors import ConfigError
from pipelines.plugins import explain

TRAINING: dict[str, Any] = {
    "language": "none",
    "device": "cpu",
    "weight_decay": 0.1,
    "encoder": {"kind": "spectral", "d_model": 40, "dropout": 0.2},
    "connector": {"width": 64, "hidden": 128},
    "by_head": {
        "steps": 200, "batch_size": 48, "learning_rate": 2e-3, "judge_every": 25, "judge_windows": 80, "patience": 4,
    },
}  # fmt: skip
"""How UniMind is trained unless told otherwise: small data want a small encoder, and its heads judge, not the words."""


def bench_unimind(
    data: Path,
    simulated: Path | None,
    out: Path | None,
    cache: Path | None,
    rounds: int,
    limit: int | None,
    tasks: Sequence[str],
    settings: Path | None,
    overrides: Sequence[str],
    *,
    as_json: bool,
) -> None:
    """Run what is not there yet, print the table and write the report.

    Raises
    ------
    ConfigError
        If a setting or a task is wrong, or there are data for fewer than two tasks.
    SystemExit
        With code 130 if it was stopped; what is done is kept and reported.
    """
    from models.benchmark import unimind_report, unimind_run
    from models.benchmark.unimind_cells import Cell
    from models.benchmark.unimind_table import as_table, scores_of

    folder = out or OUT / "unimind"
    windows = cache or Path(pooch.os_cache("bci_app")) / "windows"
    training = _settings(settings, overrides)
    made = None if simulated is None else simulated.absolute()
    plan = unimind_run.Plan(data.absolute(), made, folder, windows, rounds, limit, training, tuple(tasks))
    cells: list[Cell] = []
    finished = False
    with TrainingView() as view:
        try:
            cells.extend(unimind_run.run(plan, unimind_run.prepared_tasks(plan, view.say), view))
            finished = True
        except Stopped as exc:
            view.say(f"stopped: {exc}. The same command goes on")
    if cells:
        found = scores_of(cells)
        written = unimind_report.write(found, cells, folder, _about(plan, overrides))
        if as_json:
            print(json.dumps(as_table(found, cells)))  # noqa: T201
        else:
            Console().print(_table(found))
            Console().print(f"written to {folder}: {', '.join(path.name for path in written)}", markup=False)
    if not finished:
        raise SystemExit(INTERRUPTED)


def _settings(file: Path | None, overrides: Sequence[str]) -> Any:
    """Return how UniMind is trained; a file says all of it, ``key=value`` single settings."""
    from pydantic import ValidationError

    from models.unimind.training.settings import UniMindSettings

    values = TRAINING if file is None else read_toml(file)
    try:
        return UniMindSettings.model_validate(with_overrides(values, overrides))
    except ValidationError as exc:
        raise ConfigError(explain(exc, "bench unimind: --set")) from exc


def _about(plan: Any, overrides: Sequence[str]) -> dict[str, Any]:
    sets = "".join(f" --set {text}" for text in overrides)
    limit = "" if plan.limit is None else f" --limit {plan.limit}"
    simulated = "" if plan.simulated is None else " --simulated SIMULATED"
    words = f"{plan.rounds} round{'s' if plan.rounds > 1 else ''}: in each, one fold of every task judges."
    if plan.limit is not None:
        words += f" At most {plan.limit} windows of a task teach UniMind; what it stands beside learns all."
    return {
        "command": f"bci-app bench unimind --data FOLDER{simulated} --rounds {plan.rounds}{limit}{sets}",
        "words": words,
        "rounds": plan.rounds,
        "limit": plan.limit,
        "settings": plan.settings.model_dump(mode="json"),
    }


def _table(found: Sequence[Any]) -> Table:
    from models.benchmark.unimind_run import CHANCE, MODELS
    from models.benchmark.unimind_table import averages

    table = Table("task", *MODELS, title="UniMind: left-out people, sessions or runs")
    for task in dict.fromkeys(score.task for score in found):
        by = {score.model: score for score in found if score.task == task}
        shown = [f"{by[m].chance if m == CHANCE else by[m].value:.3f}" if m in by else "–" for m in MODELS]
        table.add_row(escape(cards()[task].title), *shown)
    table.add_section()
    mean = averages(found)
    table.add_row("average", *(f"{mean[m][0]:.3f}" if m in mean else "–" for m in MODELS))
    return table
