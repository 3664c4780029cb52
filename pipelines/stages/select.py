"""Pick channels by 10-10 name, in a given order, and rename them; stand in for missing ones if asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

from pipelines.buffers import OutputBuffer
from pipelines.channel_matrix import ChannelMatrix
from pipelines.channel_names import canonical_name
from pipelines.errors import ChannelMismatch
from pipelines.montage import positions, spline_weights
from pipelines.plugins import PluginSettings
from pipelines.signal import Channel, Chunk, StreamSpec, read_only


class Settings(PluginSettings):
    """Names in any usual spelling; without names, all EEG channels in the device's order."""

    channels: tuple[str, ...] = Field((), description="Names in the wanted order; empty takes all EEG channels.")
    missing: Literal["error", "interpolate"] = Field(
        "error", description="What to do about a wanted channel that is absent: refuse, or spherical splines."
    )


class Select:
    """Memoryless."""

    on_gap: Literal["reset", "bridge"] = "bridge"
    delay_s = 0.0

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def prepare(self, spec: StreamSpec) -> StreamSpec:
        """Find the channels.

        Raises
        ------
        ChannelMismatch
            Naming the channels that are missing and those there are, or those that bear one name.
        """
        spelled = [canonical_name(c.name) for c in spec.channels if c.kind == "eeg"]
        where = {canonical_name(c.name): i for i, c in enumerate(spec.channels) if c.kind == "eeg"}
        wanted = [canonical_name(n) for n in self._settings.channels] or list(where)
        doubled = sorted({n for n in wanted if spelled.count(n) > 1})
        if doubled:
            raise ChannelMismatch(
                f"{spec.source_id or 'the stream'} has several channels that are {', '.join(doubled)} in the 10-10 "
                f"system (T3 is T7, for example); its channels: {', '.join(spec.names)}"
            )
        if not wanted:
            raise ChannelMismatch(
                f"{spec.source_id or 'the stream'} has no EEG channel; its channels: {', '.join(spec.names)}"
            )
        absent = [name for name in wanted if name not in where]
        if absent and self._settings.missing == "error":
            raise ChannelMismatch(
                f"{spec.source_id or 'the stream'} lacks {', '.join(absent)}; "
                f"it has {', '.join(where) or 'no EEG channel'}"
            )
        self._columns = np.array([where.get(name, 0) for name in wanted], dtype=np.int64)
        self._matrix = ChannelMatrix(self._interpolation(wanted, where, spec.n_channels)) if absent else None
        self._out = OutputBuffer(len(wanted))
        unit = next((c.unit for c in spec.channels if c.kind == "eeg"), "unknown")
        made = Channel("", unit=unit)
        chosen = tuple(replace(spec.channels[where[n]] if n in where else made, name=n) for n in wanted)
        return spec.with_channels(chosen)

    def _interpolation(self, wanted: list[str], where: dict[str, int], n_channels: int) -> np.ndarray:
        donors = [name for name in where if name in wanted] or list(where)
        absent = [name for name in wanted if name not in where]
        weights = spline_weights(positions(donors), positions(absent))
        matrix = np.zeros((len(wanted), n_channels))
        for row, name in enumerate(wanted):
            if name in where:
                matrix[row, where[name]] = 1.0
            else:
                matrix[row, [where[d] for d in donors]] = weights[absent.index(name)]
        return matrix

    def process(self, chunk: Chunk) -> Chunk:
        """Copy the wanted columns."""
        out = self._out.rows(chunk.n_samples)
        if self._matrix is None:
            np.take(chunk.samples, self._columns, axis=1, out=out, mode="clip")
        else:
            self._matrix.apply(chunk.samples, out)
        return replace(chunk, samples=read_only(out))


def build(settings: Settings) -> Select:
    """Make the stage."""
    return Select(settings)
