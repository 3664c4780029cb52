"""The stage behind every recursive filter: sections designed by SciPy, run by the compiled kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import sosfilt_zi, sosfreqz

from pipelines.buffers import OutputBuffer
from pipelines.signal import Chunk, Flag, StreamSpec, read_only
from pipelines.sos_bank import SosBank

Design = Callable[[float], NDArray[np.float64]]


class SosStage:
    """Filters the EEG columns; other kinds pass as they are.

    Every channel starts, also after a gap, in the steady state of its first value, so that an offset of tens of mV
    makes no transient. While a channel has not had a finite value yet, its output is 0.
    """

    on_gap: Literal["reset", "bridge"] = "reset"

    sos: NDArray[np.float64]
    """Sections, shape (n_sections, 6); there after ``prepare``."""
    columns: NDArray[np.int64]
    """The columns that are filtered; there after ``prepare``."""

    def __init__(self, design: Design, delay_at_hz: float) -> None:
        self._design, self._delay_at_hz = design, delay_at_hz
        self._delay_s = 0.0

    @property
    def delay_s(self) -> float:
        """Group delay (s) in the middle of the pass band; a recursive filter's delay varies with frequency."""
        return self._delay_s

    def prepare(self, spec: StreamSpec) -> StreamSpec:
        """Design for the stream's rate, allocate, compile."""
        self.sos = np.ascontiguousarray(self._design(spec.rate_hz), dtype=np.float64)
        self.columns = np.array(spec.indices_of("eeg"), dtype=np.int64)
        self._all_eeg = self.columns.size == spec.n_channels
        self._zi = sosfilt_zi(self.sos) if len(self.sos) else np.zeros((0, 2))
        self._out = OutputBuffer(spec.n_channels)
        self.use(SosBank([self.sos], self.columns, spec.n_channels), 0)
        self._delay_s = self._group_delay(spec.rate_hz)
        return spec

    def use(self, bank: SosBank, number: int) -> None:
        """Keep the state in a bank, as its filter of that number; it starts anew."""
        self._bank, self._number = bank, number
        self._reset()

    @property
    def is_starting(self) -> bool:
        """Whether some channel still waits for its first value."""
        return self._any_waiting

    def process(self, chunk: Chunk) -> Chunk:
        """Filter one chunk."""
        if chunk.gap_before:
            self._reset()
        out, frozen = self._out.pair(chunk.n_samples)
        if not self._all_eeg:
            out[:] = chunk.samples
        done = self._start(chunk, out) if self._any_waiting else 0
        rest = chunk.samples if done == 0 else chunk.samples[done:]
        replaced = self._filter(rest, out[done:], chunk.first_index + done)
        flags = self._flagged(chunk) if replaced or done or self._any_waiting else chunk.flags
        return Chunk(
            frozen, chunk.times_s, chunk.first_index, flags, chunk.gap_before, chunk.markers, chunk.bad_channels
        )

    def _filter(self, samples: NDArray[np.float32], out: NDArray[np.float32], first_index: int) -> int:
        return self._bank.run(samples, out, first_index, self._number, self._number + 1)

    def _reset(self) -> None:
        self._waiting = np.ones(self.columns.size, dtype=bool)
        self._any_waiting = self.columns.size > 0
        self._bank.clear(self._number)

    def _start(self, chunk: Chunk, out: NDArray[np.float32]) -> int:
        """Start the channels that get their first value in this chunk; return up to which row it is filtered."""
        done = 0
        # A zero in a sample that was already repaired is the guard's placeholder, not a measured value.
        repaired = ((chunk.flags & Flag.NONFINITE) != 0)[:, None]
        usable = np.isfinite(chunk.samples[:, self.columns])
        usable &= ~(repaired & (chunk.samples[:, self.columns] == 0))
        while self._any_waiting:
            rows = np.flatnonzero((usable[done:] & self._waiting).any(axis=1))
            if rows.size == 0:
                break
            at = done + int(rows[0])
            self._filter(chunk.samples[done:at], out[done:at], chunk.first_index + done)
            starting = usable[at] & self._waiting
            value = chunk.samples[at, self.columns[starting]].astype(np.float64)
            self._bank.settle(self._number, starting, self._zi, value)
            self._waiting &= ~starting
            self._any_waiting = bool(self._waiting.any())
            done = at
        return done

    def _flagged(self, chunk: Chunk) -> NDArray[np.uint8]:
        """Flag samples in which a value was replaced."""
        flags = self._out.flags(chunk.flags)
        flags[~np.isfinite(chunk.samples[:, self.columns]).all(axis=1)] |= np.uint8(Flag.NONFINITE)
        return read_only(flags)

    def _group_delay(self, rate_hz: float) -> float:
        if not len(self.sos):
            return 0.0
        step = 1e-4 * rate_hz
        frequencies = np.clip(self._delay_at_hz + np.array([-step, step]), 0, rate_hz / 2)
        _, response = sosfreqz(self.sos, worN=frequencies, fs=rate_hz)
        phase = np.unwrap(np.angle(response))
        return float(-(phase[1] - phase[0]) / (2 * np.pi * (frequencies[1] - frequencies[0])))
