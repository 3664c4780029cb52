"""Give channels other names: what a montage file would say of a cap, or a person who moved an electrode."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import Field

from pipelines.errors import ChannelMismatch
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, StreamSpec


class Settings(PluginSettings):
    """Names as the source writes them."""

    names: dict[str, str] = Field({}, description="Old name → new name; channels that are not named keep theirs.")


class Rename:
    """Memoryless; samples pass untouched."""

    on_gap: Literal["reset", "bridge"] = "bridge"
    delay_s = 0.0

    def __init__(self, settings: Settings) -> None:
        self._names = settings.names

    def prepare(self, spec: StreamSpec) -> StreamSpec:
        """Exchange the names.

        Raises
        ------
        ChannelMismatch
            If a named channel is absent, or two channels would bear one name.
        """
        absent = [name for name in self._names if name not in spec.names]
        if absent:
            raise ChannelMismatch(f"rename: there is no channel {', '.join(absent)}; there are {', '.join(spec.names)}")
        renamed = tuple(replace(c, name=self._names.get(c.name, c.name)) for c in spec.channels)
        names = [channel.name for channel in renamed]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ChannelMismatch(f"rename: several channels would be named {', '.join(doubled)}")
        return spec.with_channels(renamed)

    def process(self, chunk: Chunk) -> Chunk:
        """Pass the samples; bad channels are told by their new names."""
        if not chunk.bad_channels:
            return chunk
        return replace(chunk, bad_channels=frozenset(self._names.get(name, name) for name in chunk.bad_channels))


def build(settings: Settings) -> Rename:
    """Make the stage."""
    return Rename(settings)
