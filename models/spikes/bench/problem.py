"""What a problem of the benchmark is, and the loop over its rows and seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.spikes.bench.ledger import Ledger
from models.training.task import Progress, Stopped

Job = Callable[[int, Progress], Mapping[str, float]]
"""(seed, progress) → figures."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Rows to be measured.

    Parameters
    ----------
    name
        Also of the file of results.
    settings
        Everything that figures depend on, JSON-able.
    jobs
        By row.
    headline
        Figures shown in the table, in order.
    """

    name: str
    settings: Mapping[str, Any]
    jobs: Mapping[str, Job]
    headline: tuple[str, ...]


def run(problem: Problem, out: Path, seeds: Sequence[int], progress: Progress) -> Ledger:
    """Measure what is not in the file yet.

    Raises
    ------
    Stopped
        If it was asked to end; what is done is kept.
    """
    ledger = Ledger(out / f"{problem.name}.json", problem.settings)
    for row, job in problem.jobs.items():
        for seed in seeds:
            if ledger.has(row, seed):
                continue
            if progress.stop_requested:
                raise Stopped(f"{problem.name}: what is measured is in {ledger.path}")
            progress.say(f"{problem.name}: {row}, seed {seed}")
            ledger.add(row, seed, job(seed, progress))
    return ledger
