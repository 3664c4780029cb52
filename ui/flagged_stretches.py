"""Stretches of the stream that are doubtful, as the stages before the decoder see it, and why."""

from __future__ import annotations

import itertools
import logging
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.errors import BciError, in_one_line
from pipelines.plugins import make
from pipelines.signal import Chunk, Flag, StreamSpec
from pipelines.stage import Pipeline

log = logging.getLogger(__name__)
DOUBTFUL = {
    Flag.NONFINITE: "not a number",
    Flag.CLOCK_JUMP: "clock jump",
    Flag.BAD_CHANNELS: "too many bad channels",
    Flag.AMPLITUDE: "large amplitude",
    Flag.BLINK: "blink",
    Flag.MUSCLE: "muscle",
}
"""What a flag means to a person. Lost samples are shown as a gap instead."""
_MASK = np.uint8(int(sum(DOUBTFUL)))
MAX_STRETCHES = 20_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one time to another since the start of the stream (s), with the flags of all its samples."""

    start_s: float
    stop_s: float
    flags: int

    def words(self) -> str:
        """Say why it is doubtful."""
        return ", ".join(text for flag, text in DOUBTFUL.items() if self.flags & flag)


class FlaggedStretches:
    """Runs the stages beside the display and remembers what they flag.

    Attributes
    ----------
    fault
        Why the stages do not run here; empty while they do.
    """

    def __init__(self, spec: StreamSpec, stages: Sequence[Mapping[str, Any]]) -> None:
        self._stretches: deque[Stretch] = deque(maxlen=MAX_STRETCHES)
        self._rate_hz = spec.rate_hz
        self._pipeline: Pipeline | None = None
        self.fault = ""
        try:
            pipeline = Pipeline([make("stages", table, "stages of the session") for table in stages])
            self._rate_hz = pipeline.prepare(spec).rate_hz
            self._pipeline = pipeline
        except BciError as exc:
            self.fault = in_one_line(exc)

    def push(self, chunk: Chunk) -> list[Stretch]:
        """Take raw samples; return the stretches flagged in them."""
        if self._pipeline is None:
            return []
        try:
            seen = self._pipeline.process(chunk)
        except Exception as exc:  # stages are plug-ins and may raise anything; the engine tells of it as a notice
            log.debug("the stages failed beside the display", exc_info=True)
            self._pipeline, self.fault = None, in_one_line(exc)
            return []
        found = list(self._runs(seen))
        for stretch in found:
            last = self._stretches[-1] if self._stretches else None
            if last is not None and last.flags == stretch.flags and abs(last.stop_s - stretch.start_s) < 1e-6:
                self._stretches[-1] = Stretch(last.start_s, stretch.stop_s, stretch.flags)
            else:
                self._stretches.append(stretch)
        return found

    def between(self, start_s: float, stop_s: float) -> list[Stretch]:
        """Return what is known of a part of the stream."""
        return [stretch for stretch in self._stretches if stretch.stop_s > start_s and stretch.start_s < stop_s]

    def _runs(self, chunk: Chunk) -> Iterator[Stretch]:
        flags = chunk.flags & _MASK
        if not flags.any():
            return
        edges = np.concatenate(([0], np.flatnonzero(np.diff(flags)) + 1, [len(flags)]))
        for start, stop in itertools.pairwise(edges):
            if flags[start]:
                first = chunk.first_index
                yield Stretch((first + start) / self._rate_hz, (first + stop) / self._rate_hz, int(flags[start]))
