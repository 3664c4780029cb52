"""Runs a paradigm without a window: cues in the terminal, in step with the stream, and their markers to the engine.

The stream is the clock, so a run works at any speed of a recording or a simulated participant. A cue comes with the
chunk that reaches its time: good enough for tasks of seconds, not for flicker, which only the window shows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import accumulate

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from bci_app.commands import Command, InsertMarker
from bci_app.events import ChunkEvent, EngineState, Event, Session, StateEvent
from bci_app.paradigm import INFO_STREAM, STREAM, Paradigm

ARROWS = {"left": "←", "right": "→", "up": "↑", "down": "↓"}


class CueSink:
    """A sink that follows the stream, and speaks to the engine by commands.

    Parameters
    ----------
    paradigm
        What is run, from the moment on at which the engine decides (or runs without a decoder).
    console
        Where cues are shown.
    finished
        Set when the run is over.
    """

    def __init__(self, paradigm: Paradigm, console: Console, finished: threading.Event) -> None:
        self.post: Callable[[Command], None] | None = None
        """The engine's, set once there is an engine."""
        self.paradigm, self._console, self._finished = paradigm, console, finished
        self._starts_s = [0.0, *accumulate(step.duration_s for step in paradigm.steps)]
        self._origin_s: float | None = None
        self._running = False
        self._next = 0
        self._latest_s: list[float] = []
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console, transient=True
        )
        self._bar = self._progress.add_task("", total=paradigm.duration_s)

    def open(self, session: Session) -> None:
        """Say what is going to happen."""
        self._console.print(f"{self.paradigm.title}, {self.paradigm.duration_s:.0f} s", style="bold")
        self._console.print(self.paradigm.instructions, markup=False, highlight=False)
        if self._console.is_terminal:
            self._progress.start()

    def accept(self, event: Event) -> None:
        """Follow the stream."""
        match event:
            case StateEvent(state):
                self._running = state is EngineState.RUNNING
            case ChunkEvent(chunk) if chunk.n_samples and self._running and not self._finished.is_set():
                self._reach(float(chunk.times_s[-1]))

    def close(self) -> None:
        """Take the bar away."""
        self._progress.stop()

    def _reach(self, time_s: float) -> None:
        if self._origin_s is None:
            self._origin_s = time_s
            self._mark(self.paradigm.describe(event="start", shown_in="terminal"), time_s, INFO_STREAM)
        steps, elapsed_s = self.paradigm.steps, time_s - self._origin_s
        while self._next < len(steps) and self._starts_s[self._next] <= elapsed_s:
            step = steps[self._next]
            self._latest_s.append(elapsed_s - self._starts_s[self._next])
            for label in step.markers:
                self._mark(label, time_s, STREAM)
            self._show(step.scene.words(), elapsed_s)
            self._next += 1
        self._progress.update(self._bar, completed=elapsed_s)
        if elapsed_s >= self._starts_s[-1]:
            self._end(time_s)

    def _end(self, time_s: float) -> None:
        timing = {"n": len(self._latest_s), "worst_error_ms": 1e3 * max(self._latest_s)}
        self._mark(self.paradigm.describe(event="end", complete=True, timing=timing), time_s, INFO_STREAM)
        self._finished.set()

    def _mark(self, label: str, time_s: float, stream: str) -> None:
        assert self.post is not None, "the engine comes before the first chunk"
        self.post(InsertMarker(label, time_s, stream))

    def _show(self, words: str, elapsed_s: float) -> None:
        text = f"{ARROWS[words]} " if words in ARROWS else words
        if self._console.is_terminal:
            self._progress.update(self._bar, description=f"{text:24s}")
        elif text:
            self._console.print(f"{elapsed_s:7.2f} s  {text}", markup=False, highlight=False)
