"""Guard against NaN and infinity: hold the last finite value and flag the sample."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from pipelines.buffers import OutputBuffer
from pipelines.kernels.faults import hold_finite
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, Flag, StreamSpec, read_only


class Settings(PluginSettings):
    """No settings."""


class NonfiniteGuard:
    """Nothing behind it ever sees a value that is not a number; what was replaced carries Flag.NONFINITE."""

    on_gap: Literal["reset", "bridge"] = "bridge"
    delay_s = 0.0

    def prepare(self, spec: StreamSpec) -> StreamSpec:
        """Allocate and compile."""
        self._last = np.zeros(spec.n_channels, dtype=np.float32)
        self._out = OutputBuffer(spec.n_channels)
        empty = np.zeros((0, spec.n_channels), dtype=np.float32)
        hold_finite(read_only(empty), empty.copy(), np.zeros(0, np.uint8), self._last, int(Flag.NONFINITE))
        return spec

    def process(self, chunk: Chunk) -> Chunk:
        """Replace and flag."""
        out, flags = self._out.rows(chunk.n_samples), self._out.flags(chunk.flags)
        hold_finite(chunk.samples, out, flags, self._last, int(Flag.NONFINITE))
        return replace(chunk, samples=read_only(out), flags=read_only(flags))


def build(settings: Settings) -> NonfiniteGuard:
    """Make the stage."""
    return NonfiniteGuard()
