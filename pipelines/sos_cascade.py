"""Filters that follow one another, run by the kernel in one go: half the calls, and the samples stay in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from pipelines.buffers import OutputBuffer
from pipelines.signal import Chunk, Flag, StreamSpec, read_only
from pipelines.sos_bank import SosBank
from pipelines.sos_stage import SosStage


class SosCascade:
    """Two or more filters; the same bits, flags included, as one after the other."""

    on_gap: Literal["reset", "bridge"] = "reset"

    def __init__(self, stages: Sequence[SosStage]) -> None:
        self._stages = tuple(stages)

    @property
    def delay_s(self) -> float:
        """Sum of the group delays (s)."""
        return sum(stage.delay_s for stage in self._stages)

    def prepare(self, spec: StreamSpec) -> StreamSpec:
        """Prepare each, then keep all state in one place."""
        for stage in self._stages:
            stage.prepare(spec)
        columns = self._stages[0].columns
        self._bank = SosBank([stage.sos for stage in self._stages], columns, spec.n_channels)
        for number, stage in enumerate(self._stages):
            stage.use(self._bank, number)
        self._all_eeg = columns.size == spec.n_channels
        self._out = OutputBuffer(spec.n_channels)
        self._any_starting = True
        return spec

    def process(self, chunk: Chunk) -> Chunk:
        """Filter one chunk; one by one where a filter starts, at the beginning and after a gap."""
        if self._any_starting or chunk.gap_before:
            for stage in self._stages:
                chunk = stage.process(chunk)
            self._any_starting = any(stage.is_starting for stage in self._stages)
            return chunk
        out, frozen = self._out.pair(chunk.n_samples)
        if not self._all_eeg:
            out[:] = chunk.samples
        if not self._bank.run(chunk.samples, out, chunk.first_index, 0, len(self._stages)):
            return chunk.with_samples(frozen)
        flags = self._out.flags(chunk.flags)
        flags[self._bank.replaced_rows(chunk.n_samples)] |= np.uint8(Flag.NONFINITE)
        return Chunk(
            frozen,
            chunk.times_s,
            chunk.first_index,
            read_only(flags),
            chunk.gap_before,
            chunk.markers,
            chunk.bad_channels,
        )
