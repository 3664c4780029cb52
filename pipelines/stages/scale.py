"""Multiply the EEG: by a factor, or from its unit to microvolts."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

from pipelines.buffers import OutputBuffer
from pipelines.errors import UnitMismatch
from pipelines.plugins import PluginSettings
from pipelines.signal import MICROVOLTS_PER, Channel, Chunk, StreamSpec, read_only


class Settings(PluginSettings):
    """Without a factor, channels are brought to microvolts by their own unit."""

    factor: float | None = Field(None, description="What to multiply by; none converts to microvolts.")
    unit: str = Field("", description="Unit after multiplying by a factor; empty keeps the unit.")


class Scale:
    """Memoryless; acts on EEG columns only."""

    on_gap: Literal["reset", "bridge"] = "bridge"
    delay_s = 0.0

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def prepare(self, spec: StreamSpec) -> StreamSpec:
        """Work out the factor of every column."""
        self._out = OutputBuffer(spec.n_channels)
        pairs = [self._one(channel) for channel in spec.channels]
        self._factors = np.array([factor for factor, _ in pairs], dtype=np.float32)
        return spec.with_channels(tuple(channel for _, channel in pairs))

    def _one(self, channel: Channel) -> tuple[float, Channel]:
        if channel.kind != "eeg":
            return 1.0, channel
        factor, unit = self._settings.factor, self._settings.unit
        if factor is not None:
            return factor, replace(channel, unit=unit or channel.unit)
        if channel.unit not in MICROVOLTS_PER:
            raise UnitMismatch(
                f"scale: the unit of channel {channel.name} is {channel.unit!r}: state the source's unit "
                "(uV, mV, V) or give a factor and a unit"
            )
        return MICROVOLTS_PER[channel.unit], replace(channel, unit="uV")

    def process(self, chunk: Chunk) -> Chunk:
        """Multiply."""
        out = self._out.rows(chunk.n_samples)
        np.multiply(chunk.samples, self._factors, out=out)
        return replace(chunk, samples=read_only(out))


def build(settings: Settings) -> Scale:
    """Make the stage."""
    return Scale(settings)
