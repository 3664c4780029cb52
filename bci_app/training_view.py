"""Progress of a training task on the terminal: what is done, how fast, how long it takes; Ctrl-C asks it to stop."""

from __future__ import annotations

import os
import signal
import time
from types import FrameType, TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class TrainingView:
    """A :class:`models.training.task.Progress` that shows bars on standard error and says lines on standard output.

    While it is entered, the first SIGINT or SIGTERM asks the task to stop; a second SIGINT interrupts it at once. Of
    several processes of one run (torchrun), the first alone speaks.
    """

    def __init__(self) -> None:
        silent = os.environ.get("RANK", "0") != "0"
        self.stop_requested = False
        self._out = Console(quiet=silent)
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
        more = (TextColumn("{task.fields[rate]}", markup=False), TimeElapsedColumn(), TimeRemainingColumn())
        self._bars = Progress(*columns, *more, console=Console(stderr=True, quiet=silent))
        self._task = self._bars.add_task("starting", total=None, rate="")
        self._name, self._unit = "", "steps"
        self._begun_s, self._done = time.monotonic(), 0
        self._before: dict[int, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        """Take over the signals that would end the program."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._ask)
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give the signals back."""
        self._bars.stop()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def phase(self, name: str, total: int | None = None, done: int = 0, unit: str = "steps") -> None:
        """See :class:`models.training.task.Progress`."""
        self._name, self._unit = name, unit
        self._begun_s, self._done = time.monotonic(), 0
        self._bars.reset(self._task, description=name, total=total, completed=done, rate="")

    def advance(self, n: int = 1, **figures: float) -> None:
        """See :class:`models.training.task.Progress`."""
        self._done += n
        rate = self._done / max(time.monotonic() - self._begun_s, 1e-9)
        shown = ", ".join(f"{key} {value:.4g}" for key, value in figures.items())
        description = f"{self._name}: {shown}" if shown else self._name
        self._bars.update(self._task, advance=n, description=description, rate=f"{rate:.3g} {self._unit}/s")

    def say(self, text: str) -> None:
        """See :class:`models.training.task.Progress`."""
        self._out.print(text, markup=False, highlight=False, soft_wrap=True)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.stop_requested and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.stop_requested = True
        self._bars.update(self._task, description=f"{self._name}: stopping")
