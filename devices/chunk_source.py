"""A recording that is in memory already, as a source: what a data set has read, played as a stream."""

from __future__ import annotations

from collections.abc import Sequence

from devices.source import SourceBase
from pipelines.errors import ConfigError, ConnectFailed, StreamEnded
from pipelines.signal import Chunk, StreamSpec


class ChunkSource(SourceBase):
    """Plays chunks as fast as they are read, in pieces that never span two of them.

    Parameters
    ----------
    spec
        What the chunks hold.
    chunks
        In order of time; gaps between them are declared.
    chunk_samples
        Samples in a piece; None: 1 s.

    Raises
    ------
    ConfigError
        If a piece would hold no sample.
    """

    is_live = False

    def __init__(self, spec: StreamSpec, chunks: Sequence[Chunk], chunk_samples: int | None = None) -> None:
        self._spec, self._chunks = spec, tuple(chunks)
        self._size = max(1, round(spec.rate_hz)) if chunk_samples is None else chunk_samples
        if self._size < 1:
            raise ConfigError(f"{spec.source_id}: chunk_samples = {chunk_samples}: must be at least 1")
        self._place: tuple[int, int] | None = None

    def open(self) -> StreamSpec:
        """Stand at the first sample."""
        self._place = (0, 0)
        return self._spec

    def read(self, timeout_s: float) -> Chunk | None:
        """Return the next piece; there is nothing to wait for."""
        if self._place is None:
            raise ConnectFailed(f"{self._spec.source_id}: open() comes before read()")
        number, start = self._place
        if number == len(self._chunks):
            raise StreamEnded(f"{self._spec.source_id} has been played to the end")
        chunk = self._chunks[number]
        stop = min(start + self._size, chunk.n_samples)
        self._place = (number + 1, 0) if stop == chunk.n_samples else (number, stop)
        return chunk.part(start, stop)

    def close(self) -> None:
        """Let go of the place; may be opened again, from the start."""
        self._place = None
