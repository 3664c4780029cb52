"""Behind ``bci-app bench spikes``: measure latent models of populations of neurons on animals they never saw."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bci_app.training_view import TrainingView
from models.spikes.bench.ledger import Ledger
from models.spikes.bench.problem import Problem, run
from models.training.task import Stopped
from pipelines.errors import ConfigError

SIMULATED = ("reach_informative", "reach_anonymous", "drift", "segments", "blocks", "invariance")
RECORDED = ("monkey_two", "monkey_dad")
INTERRUPTED = 130


def bench_spikes(
    names: Sequence[str], data: Path, out: Path, rows: Sequence[str], seeds: int, *, as_json: bool
) -> None:
    """Run problems; what is measured already is not measured again.

    Raises
    ------
    ConfigError
        If there is no such problem or row, or the folder holds results of other settings.
    RecordingError
        If recordings are missing.
    SystemExit
        With code 130 if it was stopped.
    """
    chosen = [_problem(name, data, rows) for name in names or SIMULATED]
    for problem in chosen:
        with TrainingView() as view:
            try:
                ledger = run(problem, out, range(seeds), view)
            except Stopped as exc:
                view.say(f"stopped: {exc}; the same command goes on")
                raise SystemExit(INTERRUPTED) from None
        _tell(problem, ledger, out, as_json=as_json)


def _problem(name: str, data: Path, rows: Sequence[str]) -> Problem:
    from models.spikes.bench import blocks, drift, invariance, monkey_dad, monkey_two, reach, segments

    if name == "reach_informative":
        return reach.problem("informative", rows)
    if name == "reach_anonymous":
        return reach.problem("anonymous", rows)
    if name == "drift":
        return drift.problem(rows)
    if name == "segments":
        return segments.problem(rows)
    if name == "blocks":
        return blocks.problem(rows)
    if name == "invariance":
        return invariance.problem(rows)
    if name in RECORDED:
        make = monkey_two.problem if name == "monkey_two" else monkey_dad.problem
        return make(data / name, rows)
    raise ConfigError(f"bench spikes: there is no {name!r}; there are: {', '.join((*SIMULATED, *RECORDED))}")


def _tell(problem: Problem, ledger: Ledger, out: Path, *, as_json: bool) -> None:
    from models.spikes.bench import figures  # draws with matplotlib

    picture = figures.draw(problem.name, ledger, problem.headline, out)
    if as_json:
        print(json.dumps({"problem": problem.name, "summary": ledger.summary()}))  # noqa: T201
        return
    table = Table("", *problem.headline, title=problem.name)
    for row, told in ledger.summary().items():
        table.add_row(row, *(_figure(told.get(name)) for name in problem.headline))
    Console().print(table)
    Console().print(f"{ledger.path} and {picture}", markup=False)


def _figure(told: Sequence[float] | None) -> str:
    if told is None:
        return "–"
    mean, *bounds = told
    return f"{mean:.3f}" + (f" ({bounds[0]:.3f} … {bounds[1]:.3f})" if bounds else "")
