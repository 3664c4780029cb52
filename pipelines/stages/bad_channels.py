"""Find bad channels while the stream runs, and stand in for them by spherical splines."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipelines.buffers import OutputBuffer
from pipelines.channel_faults import MIN_COMPARED, is_flat, is_noisy, is_railed, strongest_correlation
from pipelines.channel_matrix import ChannelMatrix
from pipelines.montage import has_positions, positions, spline_weights
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, Flag, StreamSpec, read_only


class Settings(PluginSettings):
    """A channel is judged once a block; the verdict holds for the samples after the block."""

    block_s: float = Field(1.0, gt=0, description="Length of a block (s).")
    flat_uv: float = Field(0.5, ge=0, description="Flat: peak-to-peak below this (uV).")
    rail_uv: float = Field(187000.0, gt=0, description="Railed: any absolute value at or above this (uV).")
    noisy_ratio: float = Field(
        6.0, gt=1, description="Noisy: standard deviation above so many medians of the channels …"
    )
    noisy_uv: float = Field(60.0, ge=0, description="… and above this (uV).")
    min_correlation: float = Field(0.1, ge=0, lt=1, description="Uncorrelated: no other channel correlates so much.")
    bad_after: int = Field(2, ge=1, description="Blocks in a row until a channel is bad.")
    good_after: int = Field(3, ge=1, description="Blocks in a row until it is good again.")
    interpolate: bool = Field(True, description="Replace bad channels where all electrode positions are known.")
    max_bad_fraction: float = Field(
        0.3, ge=0, le=1, description="Above this share of bad channels samples are flagged."
    )


class BadChannels:
    """Blocks are counted by absolute sample index, so chunking changes no verdict. A gap discards the open block."""

    on_gap: Literal["reset", "bridge"] = "bridge"
    delay_s = 0.0

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def prepare(self, spec: StreamSpec) -> StreamSpec:
        """Allocate; all channels start as good."""
        self._eeg = np.array(spec.indices_of("eeg"), dtype=np.int64)
        self._names = [spec.names[i] for i in self._eeg]
        k = self._eeg.size
        self._block = np.zeros((max(2, round(self._settings.block_s * spec.rate_hz)), k), dtype=np.float32)
        self._filled = 0
        self._suspect = np.zeros(k, dtype=np.int64)
        self._sound = np.zeros(k, dtype=np.int64)
        self._bad = np.zeros(k, dtype=bool)
        self._n_channels = spec.n_channels
        can = self._settings.interpolate and k >= MIN_COMPARED and has_positions(self._names)
        self._positions = positions(self._names) if can else None
        self._matrix: ChannelMatrix | None = None
        self._out = OutputBuffer(spec.n_channels)
        ChannelMatrix(np.eye(spec.n_channels))  # compiles
        return spec

    def process(self, chunk: Chunk) -> Chunk:
        """Judge and interpolate, piece by piece between block borders."""
        if chunk.gap_before:
            self._filled = 0
        out, flags = self._out.rows(chunk.n_samples), self._out.flags(chunk.flags)
        start = 0
        while start < chunk.n_samples:
            size = len(self._block)
            left = size - (chunk.first_index + start) % size
            stop = min(chunk.n_samples, start + left)
            piece = chunk.samples[start:stop]
            self._apply(piece, out[start:stop], flags[start:stop])
            self._collect(piece, complete=stop - start == left)
            start = stop
        names = frozenset(name for name, bad in zip(self._names, self._bad, strict=True) if bad)
        return replace(chunk, samples=read_only(out), flags=read_only(flags), bad_channels=chunk.bad_channels | names)

    def _apply(self, piece: NDArray[np.float32], out: NDArray[np.float32], flags: NDArray[np.uint8]) -> None:
        if self._matrix is None:
            out[:] = piece
        else:
            self._matrix.apply(piece, out)
        if self._bad.size and self._bad.mean() > self._settings.max_bad_fraction:
            flags |= np.uint8(Flag.BAD_CHANNELS)

    def _collect(self, piece: NDArray[np.float32], *, complete: bool) -> None:
        """Add to the open block, which is judged only if it is whole (not cut by a gap or the stream's start)."""
        stop = self._filled + len(piece)
        self._block[self._filled : stop] = piece[:, self._eeg]
        self._filled = stop
        if not complete:
            return
        if stop == len(self._block):
            self._judge()
        self._filled = 0

    def _judge(self) -> None:
        poor = self._poor(np.nan_to_num(self._block.astype(np.float64), posinf=0.0, neginf=0.0))
        self._suspect = np.where(poor, self._suspect + 1, 0)
        self._sound = np.where(poor, 0, self._sound + 1)
        bad = (self._bad & (self._sound < self._settings.good_after)) | (self._suspect >= self._settings.bad_after)
        if (bad != self._bad).any():
            self._bad = bad
            self._matrix = self._interpolation()

    def _poor(self, block: NDArray[np.float64]) -> NDArray[np.bool_]:
        s = self._settings
        poor: NDArray[np.bool_] = is_flat(block, s.flat_uv) | is_railed(block, s.rail_uv)
        if (~poor).sum() < MIN_COMPARED:
            return poor
        deviation = block.std(axis=0)
        noisy = is_noisy(deviation, ~poor, s.noisy_ratio, s.noisy_uv)
        lonely = strongest_correlation(block, deviation) < s.min_correlation
        return np.asarray(poor | noisy | lonely)

    def _interpolation(self) -> ChannelMatrix | None:
        good = ~self._bad
        if self._positions is None or good.sum() < MIN_COMPARED or not self._bad.any():
            return None
        matrix = np.eye(self._n_channels)
        bad_columns, good_columns = self._eeg[self._bad], self._eeg[good]
        matrix[bad_columns] = 0.0
        matrix[np.ix_(bad_columns, good_columns)] = spline_weights(self._positions[good], self._positions[self._bad])
        return ChannelMatrix(matrix)


def build(settings: Settings) -> BadChannels:
    """Make the stage."""
    return BadChannels(settings)
