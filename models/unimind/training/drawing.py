"""Which windows a step learns from, and which ones judge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.unimind.samples import Sample, TaskSamples
from pipelines.errors import ConfigError


class Drawing:
    """Draws windows: first the task, then the option, then one of its windows.

    Parameters
    ----------
    tasks
        What is taught.
    temperature
        A task's chance is the number of its windows to the power of 1/this.
    class_balance
        Whether a rare option is drawn as often as a frequent one.

    Raises
    ------
    ConfigError
        If a task has no windows, one of another task, or a target that is no option.
    """

    def __init__(self, tasks: Sequence[TaskSamples], temperature: float, *, class_balance: bool) -> None:
        for task in tasks:
            _check(task)
        self._tasks = tasks
        sizes = np.array([len(task.train) for task in tasks], dtype=np.float64) ** (1 / temperature)
        self.chances: NDArray[np.float64] = sizes / sizes.sum()
        self._rows = [_rows_of_options(task.train) if class_balance else [np.arange(len(task.train))] for task in tasks]

    def draw(self, n: int, rng: np.random.Generator) -> list[Sample]:
        """Return ``n`` windows."""
        found = []
        for which in rng.choice(len(self._tasks), size=n, p=self.chances):
            rows = self._rows[which][rng.integers(len(self._rows[which]))]
            found.append(self._tasks[which].train[int(rows[rng.integers(len(rows))])])
        return found


def judged(task: TaskSamples, most: int, seed: int) -> list[Sample]:
    """Return held-out windows of a task, at most so many; its options alike as far as they reach."""
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(part) for part in _rows_of_options(task.held_out)]
    taken = [part[place] for place in range(max(map(len, rows))) for part in rows if place < len(part)]
    return [task.held_out[int(row)] for row in sorted(taken[:most])]


def _rows_of_options(samples: Sequence[Sample]) -> list[NDArray[np.int64]]:
    targets = np.array([sample.target for sample in samples])
    return [np.flatnonzero(targets == option) for option in np.unique(targets)]


def _check(task: TaskSamples) -> None:
    name, n = task.card.name, len(task.card.options)
    for side, samples in (("train", task.train), ("held_out", task.held_out)):
        if not samples:
            raise ConfigError(f"unimind: task {name!r}: no windows to {'teach' if side == 'train' else 'judge'} with")
        for sample in samples:
            if sample.task != name or not 0 <= sample.target < n:
                raise ConfigError(
                    f"unimind: task {name!r} ({n} options): a window of {sample.task!r} with target {sample.target}"
                )
