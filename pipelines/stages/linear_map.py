"""A fixed linear map of channels: what an alignment to another person leaves for the live path.

The matrix lies in the settings, hence in the card of a checkpoint or in a session file: one product per sample.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

from pipelines.buffers import OutputBuffer
from pipelines.channel_matrix import ChannelMatrix
from pipelines.channel_names import canonical_name
from pipelines.errors import ChannelMismatch, ConfigError
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, StreamSpec


class Settings(PluginSettings):
    """Which channels become which mixtures of themselves."""

    channels: tuple[str, ...] = Field((), description="EEG channels in the order of the matrix; none: nothing is done.")
    matrix: tuple[tuple[float, ...], ...] = Field((), description="Row i makes channel i of a weighted sum of all.")


class LinearMap:
    """Memoryless; channels keep their names and places, since they stand for the same ones of the other person."""

    on_gap: Literal["reset", "bridge"] = "bridge"
    delay_s = 0.0

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def prepare(self, spec: StreamSpec) -> StreamSpec:
        """Put the matrix where its channels are.

        Raises
        ------
        ChannelMismatch
            If one of them is absent.
        """
        where = {canonical_name(spec.channels[i].name): i for i in spec.indices_of("eeg")}
        names = [canonical_name(name) for name in self._settings.channels]
        if absent := [name for name in names if name not in where]:
            raise ChannelMismatch(f"linear_map: there is no EEG channel {absent[0]}; there are {', '.join(where)}")
        matrix = np.eye(spec.n_channels)
        if names:
            at = [where[name] for name in names]
            matrix[np.ix_(at, at)] = np.asarray(self._settings.matrix)
        self._matrix = ChannelMatrix(matrix)
        self._out = OutputBuffer(len(matrix))
        return replace(spec)

    def process(self, chunk: Chunk) -> Chunk:
        """Apply the matrix."""
        out, frozen = self._out.pair(chunk.n_samples)
        self._matrix.apply(chunk.samples, out)
        return chunk.with_samples(frozen)


def build(settings: Settings) -> LinearMap:
    """Make the stage.

    Raises
    ------
    ConfigError
        If the matrix is not square, of as many rows as channels.
    """
    n = len(settings.channels)
    if len(settings.matrix) != n or any(len(row) != n for row in settings.matrix):
        raise ConfigError(f"linear_map: {n} channels need a matrix of {n} rows and columns")
    if len({canonical_name(name) for name in settings.channels}) != n:
        raise ConfigError("linear_map: a channel is named twice")
    return LinearMap(settings)
