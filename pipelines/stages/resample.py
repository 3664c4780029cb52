"""Change the sampling rate by any rational ratio: causal polyphase filter, delay declared."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.signal import firwin

from pipelines.buffers import OutputBuffer
from pipelines.errors import RateMismatch
from pipelines.kernels.faults import hold_finite
from pipelines.kernels.resampling import polyphase
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, Flag, Marker, StreamSpec, read_only

MAX_FACTOR = 4000


class Settings(PluginSettings):
    """Anti-alias filter: linear phase, Kaiser window, -6 dB at the Nyquist frequency of the lower rate."""

    rate_hz: float = Field(200.0, gt=0, description="Rate to deliver (Hz).")
    half_length: int = Field(10, ge=4, le=64, description="Half the filter's length in periods of the lower rate.")
    kaiser_beta: float = Field(6.0, ge=0, description="Shape of the window: more is a deeper stop band.")


def design_taps(up: int, down: int, half_length: int, beta: float) -> NDArray[np.float64]:
    """Return polyphase taps (up, n_taps); every phase sums to 1, so an offset of tens of mV leaves no ripple."""
    largest = max(up, down)
    if largest == 1:
        return np.ones((1, 1))
    h = firwin(2 * half_length * largest + 1, 1.0 / largest, window=("kaiser", beta)) * up
    n_taps = -(-h.size // up)
    taps = np.zeros(n_taps * up)
    taps[: h.size] = h
    phases = taps.reshape(n_taps, up).T
    return np.ascontiguousarray(phases / phases.sum(axis=1, keepdims=True))


class Resample:
    """Output m belongs to input time m * down / up, counted from the stream's first sample, through gaps as well.

    Starts as if the first sample had been there for ever. At equal rates it passes chunks as they are.
    """

    on_gap: Literal["reset", "bridge"] = "reset"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.delay_s = 0.0

    def prepare(self, spec: StreamSpec) -> StreamSpec:
        """Design and allocate.

        Raises
        ------
        RateMismatch
            If the two rates have no ratio of small whole numbers.
        """
        s = self._settings
        ratio = Fraction(s.rate_hz).limit_denominator(1000) / Fraction(spec.rate_hz).limit_denominator(1000)
        self._up, self._down = ratio.numerator, ratio.denominator
        if max(self._up, self._down) > MAX_FACTOR:
            raise RateMismatch(
                f"resample: {spec.rate_hz:g} Hz to {s.rate_hz:g} Hz is {self._up}/{self._down}; "
                f"no factor may exceed {MAX_FACTOR}"
            )
        self._rate_in = spec.rate_hz
        self._identity = self._up == self._down
        self._taps = design_taps(self._up, self._down, s.half_length, s.kaiser_beta)
        largest = max(self._up, self._down)
        self.delay_s = 0.0 if self._identity else s.half_length * largest / (self._up * spec.rate_hz)
        self._history = self._taps.shape[1] - 1
        self._buffer = np.zeros((self._history + 256, spec.n_channels))
        self._out, self._held = OutputBuffer(spec.n_channels), OutputBuffer(spec.n_channels)
        self._last = np.zeros(spec.n_channels, dtype=np.float32)
        self._fresh = True
        self._last_time_s = -np.inf
        self._next_input = self._next_output = 0
        self._carried_flags = np.uint8(0)
        self._carried_markers: tuple[Marker, ...] = ()
        polyphase(self._buffer, self._out.rows(0), self._taps, 0, 0, self._up, self._down)
        return replace(spec, rate_hz=s.rate_hz)

    def process(self, chunk: Chunk) -> Chunk:
        """Resample one chunk; a short one may yield no sample."""
        if self._identity:
            return chunk
        if chunk.n_samples == 0:
            return replace(chunk, first_index=self._next_output, gap_before=0)
        gap = self._restart(chunk) if self._fresh or chunk.gap_before else 0
        first, stop = self._next_output, self._output_at(chunk.end_index)
        chunk = self._load(chunk)
        out = self._out.rows(stop - first)
        polyphase(self._buffer, out, self._taps, first, chunk.first_index, self._up, self._down)
        self._buffer[: self._history] = self._buffer[chunk.n_samples : chunk.n_samples + self._history].copy()
        newest = np.arange(first, stop) * self._down
        rows = newest // self._up - chunk.first_index
        times_s = chunk.times_s[rows] + (newest % self._up) / (self._up * self._rate_in)
        # Between jittered stamps the nominal step may overtake the next stamp; times must not decrease.
        times_s = np.maximum.accumulate(np.maximum(times_s, self._last_time_s))
        self._last_time_s = float(times_s[-1]) if stop > first else self._last_time_s
        flags = self._flags(chunk, rows)
        markers = (*self._carried_markers, *chunk.markers)
        self._carried_markers = () if stop > first else markers
        self._next_output = stop
        return replace(
            chunk,
            samples=read_only(out),
            times_s=read_only(times_s),
            flags=read_only(flags),
            first_index=first,
            gap_before=gap,
            markers=markers if stop > first else (),
        )

    def _output_at(self, input_index: int) -> int:
        """First output not computable before input ``input_index``."""
        return -(-input_index * self._up // self._down)

    def _restart(self, chunk: Chunk) -> int:
        """Begin anew at this chunk; return how many outputs are missing."""
        first = self._output_at(chunk.first_index)
        gap = 0 if self._fresh else first - self._next_output
        self._buffer[: self._history] = np.where(np.isfinite(chunk.samples[0]), chunk.samples[0], self._last)
        self._next_output = first
        self._fresh = False
        self._last_time_s = -np.inf
        self._carried_flags = np.uint8(0)
        return gap

    def _load(self, chunk: Chunk) -> Chunk:
        """Append to the buffer; what is not finite is held, so that it does not spread over the filter's length."""
        needed = self._history + chunk.n_samples
        if needed > len(self._buffer):
            grown = np.zeros((self._history + 2 * chunk.n_samples, self._buffer.shape[1]))
            grown[: self._history] = self._buffer[: self._history]
            self._buffer = grown
        held, flags = self._held.rows(chunk.n_samples), self._held.flags(chunk.flags)
        hold_finite(chunk.samples, held, flags, self._last, int(Flag.NONFINITE))
        self._buffer[self._history : needed] = held
        return replace(chunk, flags=flags)

    def _flags(self, chunk: Chunk, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """OR the flags of all inputs since the previous output."""
        flags = np.zeros(rows.size, dtype=np.uint8)
        if rows.size == 0:
            self._carried_flags |= np.bitwise_or.reduce(chunk.flags)
            return flags
        if not self._carried_flags and not chunk.flags.any():
            return flags
        starts = np.concatenate([[0], rows[:-1] + 1])
        for k, (start, row) in enumerate(zip(starts, rows, strict=True)):
            # Where outputs are denser than inputs, several share one input.
            flags[k] = np.bitwise_or.reduce(chunk.flags[min(start, row) : row + 1])
        flags[0] |= self._carried_flags
        self._carried_flags = (
            np.bitwise_or.reduce(chunk.flags[rows[-1] + 1 :]) if rows[-1] + 1 < chunk.n_samples else np.uint8(0)
        )
        return flags


def build(settings: Settings) -> Resample:
    """Make the stage."""
    return Resample(settings)
