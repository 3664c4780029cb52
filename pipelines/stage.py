"""The :class:`Stage` protocol and the :class:`Pipeline` that chains stages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal, Protocol

from pipelines.signal import Chunk, StreamSpec
from pipelines.sos_cascade import SosCascade
from pipelines.sos_stage import SosStage


class Stage(Protocol):
    """One step of signal processing, stateful across chunks.

    Settings are frozen. State is touched by ``prepare`` and ``process`` alone, and ``prepare`` again is the one way
    to reset. Laws (``tests/contract``): any chunking gives the same bits as the whole; an empty chunk passes; the
    input is not written to; ``prepare`` twice equals once; the announced spec is the delivered one.
    """

    @property
    def delay_s(self) -> float:
        """Group delay that the stage adds (s); times_s are not shifted, so consumers subtract it."""
        ...

    @property
    def on_gap(self) -> Literal["reset", "bridge"]:
        """What happens when ``chunk.gap_before > 0``: state starts anew, or goes on as if nothing were missing."""
        ...

    def prepare(self, spec: StreamSpec) -> StreamSpec:
        """Check, allocate, compile and reset; return what will be delivered.

        Raises
        ------
        SignalError
            If the stage cannot work on such a stream.
        """
        ...

    def process(self, chunk: Chunk) -> Chunk:
        """Process one chunk. The returned samples are valid until the next call."""
        ...


class Pipeline:
    """Stages in order; itself a stage. Filters that follow one another run as a cascade, with the same result."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.stages = tuple(stages)
        self._steps = tuple(_joined(self.stages))

    @property
    def delay_s(self) -> float:
        """Sum of the stages' group delays (s)."""
        return sum(stage.delay_s for stage in self.stages)

    @property
    def on_gap(self) -> Literal["reset", "bridge"]:
        """``reset`` as soon as one stage resets."""
        return "reset" if any(stage.on_gap == "reset" for stage in self.stages) else "bridge"

    def prepare(self, spec: StreamSpec) -> StreamSpec:
        """Prepare every stage in order; return the spec after the last."""
        for step in self._steps:
            spec = step.prepare(spec)
        return spec

    def process(self, chunk: Chunk) -> Chunk:
        """Pass one chunk through every stage."""
        for step in self._steps:
            chunk = step.process(chunk)
        return chunk


def _joined(stages: Sequence[Stage]) -> Iterator[Stage]:
    """Yield the stages, each run of two or more filters as one cascade."""
    for are_filters, run in groupby(stages, key=lambda stage: isinstance(stage, SosStage)):
        members = list(run)
        if are_filters and len(members) > 1:
            yield SosCascade([stage for stage in members if isinstance(stage, SosStage)])
        else:
            yield from members
