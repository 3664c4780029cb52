"""Re-reference the EEG: average, single, linked, bipolar pairs, small Laplacian."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipelines.buffers import OutputBuffer
from pipelines.channel_matrix import ChannelMatrix
from pipelines.channel_names import canonical_name
from pipelines.errors import ChannelMismatch, ConfigError
from pipelines.montage import neighbours
from pipelines.plugins import PluginSettings
from pipelines.signal import Channel, Chunk, StreamSpec

REFERENCES_NEEDED = {"average": 0, "single": 1, "linked": 2, "laplacian": 0, "bipolar": 0}


class Settings(PluginSettings):
    """One matrix does them all."""

    mode: Literal["average", "single", "linked", "bipolar", "laplacian"] = "average"
    channels: tuple[str, ...] = Field((), description="The reference of 'single' (one) or the pair of 'linked' (two).")
    pairs: tuple[tuple[str, str], ...] = Field((), description="Pairs of 'bipolar': the second is subtracted.")
    neighbours: int = Field(4, ge=2, le=8, description="Nearest electrodes whose mean 'laplacian' subtracts.")


class Rereference:
    """Memoryless. 'bipolar' replaces the EEG by one channel for each pair; other kinds of channel pass."""

    on_gap: Literal["reset", "bridge"] = "bridge"
    delay_s = 0.0

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def prepare(self, spec: StreamSpec) -> StreamSpec:
        """Make the matrix.

        Raises
        ------
        ChannelMismatch
            If a named channel is absent.
        """
        eeg = spec.indices_of("eeg")
        rows, channels = self._rows(spec, eeg)
        others = [i for i in range(spec.n_channels) if i not in eeg]
        order = eeg if self._settings.mode != "bipolar" else []
        if order:  # columns keep their places
            matrix = np.eye(spec.n_channels)
            matrix[eeg] = rows
            delivered = spec
        else:
            matrix = np.vstack([rows, np.eye(spec.n_channels)[others]])
            delivered = spec.with_channels((*channels, *(spec.channels[i] for i in others)))
        self._matrix = ChannelMatrix(matrix)
        self._out = OutputBuffer(len(matrix))
        return replace(delivered, reference=self._name())

    def _name(self) -> str:
        named = "+".join(canonical_name(n) for n in self._settings.channels)
        return named or self._settings.mode

    def _rows(self, spec: StreamSpec, eeg: list[int]) -> tuple[NDArray[np.float64], list[Channel]]:
        where = {canonical_name(spec.channels[i].name): i for i in eeg}
        identity = np.eye(spec.n_channels)
        if self._settings.mode == "bipolar":
            ends = [(self._find(a, where), self._find(b, where)) for a, b in self._settings.pairs]
            names = [f"{canonical_name(a)}-{canonical_name(b)}" for a, b in self._settings.pairs]
            made = [replace(spec.channels[i], name=name) for (i, _), name in zip(ends, names, strict=True)]
            return np.array([identity[a] - identity[b] for a, b in ends]), made
        if self._settings.mode == "laplacian":
            near = neighbours([spec.channels[i].name for i in eeg], self._settings.neighbours)
            means = np.array([identity[[eeg[k] for k in row]].mean(axis=0) for row in near])
            return identity[eeg] - means, []
        names_used = self._settings.channels
        columns = eeg if self._settings.mode == "average" else [self._find(n, where) for n in names_used]
        return identity[eeg] - identity[columns].mean(axis=0), []

    @staticmethod
    def _find(name: str, where: dict[str, int]) -> int:
        if canonical_name(name) not in where:
            raise ChannelMismatch(f"rereference: there is no EEG channel {name}; there are {', '.join(where)}")
        return where[canonical_name(name)]

    def process(self, chunk: Chunk) -> Chunk:
        """Apply the matrix."""
        out, frozen = self._out.pair(chunk.n_samples)
        self._matrix.apply(chunk.samples, out)
        return chunk.with_samples(frozen)


def build(settings: Settings) -> Rereference:
    """Make the stage.

    Raises
    ------
    ConfigError
        If the number of named channels does not fit the mode.
    """
    needed = REFERENCES_NEEDED[settings.mode]
    if len(settings.channels) != needed:
        raise ConfigError(f"rereference: mode {settings.mode!r} needs {needed} channels, got {len(settings.channels)}")
    if (settings.mode == "bipolar") != bool(settings.pairs):
        raise ConfigError("rereference: 'pairs' belong to mode 'bipolar', which needs at least one")
    return Rereference(settings)
