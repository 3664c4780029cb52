"""The stage behind every recursive filter: sections designed by SciPy, run by the compiled kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import sosfilt_zi, sosfreqz

from pipelines.buffers import OutputBuffer
from pipelines.kernels.filters import sos_filter
from pipelines.signal import Chunk, Flag, StreamSpec, read_only

Design = Callable[[float], NDArray[np.float64]]


class SosStage:
    """Filters the EEG columns; other kinds pass as they are. Starts in the steady state of the first sample."""

    on_gap: Literal["reset", "bridge"] = "reset"

    def __init__(self, design: Design, delay_at_hz: float) -> None:
        self._design, self._delay_at_hz = design, delay_at_hz
        self._delay_s = 0.0

    @property
    def delay_s(self) -> float:
        """Group delay (s) in the middle of the pass band; a recursive filter's delay varies with frequency."""
        return self._delay_s

    def prepare(self, spec: StreamSpec) -> StreamSpec:
        """Design for the stream's rate, allocate, compile."""
        self._sos = np.ascontiguousarray(self._design(spec.rate_hz), dtype=np.float64)
        self._columns = np.array(spec.indices_of("eeg"), dtype=np.int64)
        self._all_eeg = self._columns.size == spec.n_channels
        k = self._columns.size
        self._zi = sosfilt_zi(self._sos) if len(self._sos) else np.zeros((0, 2))
        self._state = np.zeros((len(self._sos), 2, k))
        self._row = np.zeros(k)
        self._out = OutputBuffer(spec.n_channels)
        self._fresh = True
        self._delay_s = self._group_delay(spec.rate_hz)
        empty = np.zeros((0, spec.n_channels), dtype=np.float32)
        self._last = np.zeros(k, dtype=np.float32)
        sos_filter(read_only(empty), empty.copy(), self._columns, self._sos, self._state, self._row, self._last)
        return spec

    def process(self, chunk: Chunk) -> Chunk:
        """Filter one chunk."""
        if chunk.n_samples == 0:
            return chunk
        if self._fresh or chunk.gap_before:
            first = chunk.samples[0, self._columns].astype(np.float64)
            first = np.where(np.isfinite(first), first, self._last)
            self._state[:] = self._zi[:, :, None] * first
            self._fresh = False
        out = self._out.rows(chunk.n_samples)
        if not self._all_eeg:
            out[:] = chunk.samples
        replaced = sos_filter(chunk.samples, out, self._columns, self._sos, self._state, self._row, self._last)
        flags = self._flagged(chunk) if replaced else chunk.flags
        return replace(chunk, samples=read_only(out), flags=flags)

    def _flagged(self, chunk: Chunk) -> NDArray[np.uint8]:
        """Flag samples in which a value was replaced."""
        flags = self._out.flags(chunk.flags)
        flags[~np.isfinite(chunk.samples[:, self._columns]).all(axis=1)] |= np.uint8(Flag.NONFINITE)
        return read_only(flags)

    def _group_delay(self, rate_hz: float) -> float:
        if not len(self._sos):
            return 0.0
        step = 1e-4 * rate_hz
        frequencies = np.clip(self._delay_at_hz + np.array([-step, step]), 0, rate_hz / 2)
        _, response = sosfreqz(self._sos, worN=frequencies, fs=rate_hz)
        phase = np.unwrap(np.angle(response))
        return float(-(phase[1] - phase[0]) / (2 * np.pi * (frequencies[1] - frequencies[0])))
