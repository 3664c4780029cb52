"""Channels that a person has marked as bad: told to everybody, and replaced by spherical splines if asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

from pipelines.buffers import OutputBuffer
from pipelines.channel_faults import MIN_COMPARED
from pipelines.channel_matrix import ChannelMatrix
from pipelines.channel_names import canonical_name
from pipelines.errors import ChannelMismatch
from pipelines.montage import positions, spline_weights
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, StreamSpec


class Settings(PluginSettings):
    """Names in any usual spelling."""

    channels: tuple[str, ...] = Field((), description="The bad channels.")
    interpolate: bool = Field(True, description="Replace them by what the other electrodes say of their places.")


class MarkBad:
    """Memoryless. The stage ``bad_channels`` finds by itself what this one is told."""

    on_gap: Literal["reset", "bridge"] = "bridge"
    delay_s = 0.0

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def prepare(self, spec: StreamSpec) -> StreamSpec:
        """Find the channels and the weights that stand in for them.

        Raises
        ------
        ChannelMismatch
            If a channel is absent; if it is to be replaced, also where an electrode has no known place or fewer than
            four are good.
        """
        where = {canonical_name(spec.names[i]): i for i in spec.indices_of("eeg")}
        wanted = [canonical_name(name) for name in self._settings.channels]
        absent = [name for name in wanted if name not in where]
        if absent:
            raise ChannelMismatch(
                f"mark_bad: there is no EEG channel {', '.join(absent)}; there are {', '.join(where) or 'none'}"
            )
        self._bad = frozenset(spec.names[where[name]] for name in wanted)
        self._matrix: ChannelMatrix | None = None
        self._out = OutputBuffer(spec.n_channels)
        if wanted and self._settings.interpolate:
            good = [name for name in where if name not in wanted]
            if len(good) < MIN_COMPARED:
                raise ChannelMismatch(
                    f"mark_bad: {len(good)} good channels are too few to stand in for {', '.join(wanted)}: mark fewer, "
                    "or set interpolate = false"
                )
            matrix = np.eye(spec.n_channels)
            rows, columns = [where[name] for name in wanted], [where[name] for name in good]
            matrix[rows] = 0.0
            matrix[np.ix_(rows, columns)] = spline_weights(positions(good), positions(wanted))
            self._matrix = ChannelMatrix(matrix)
        return spec

    def process(self, chunk: Chunk) -> Chunk:
        """Replace the channels and say which they are."""
        if not self._bad:
            return chunk
        marked = replace(chunk, bad_channels=chunk.bad_channels | self._bad)
        if self._matrix is None:
            return marked
        out, frozen = self._out.pair(chunk.n_samples)
        self._matrix.apply(chunk.samples, out)
        return marked.with_samples(frozen)


def build(settings: Settings) -> MarkBad:
    """Make the stage."""
    return MarkBad(settings)
