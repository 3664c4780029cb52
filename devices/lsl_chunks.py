"""Make chunks of what an LSL inlet delivered: numbered, split at holes, markers merged."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from devices.lsl_markers import MarkerQueue
from devices.lsl_timeline import Timeline
from pipelines.signal import Chunk, Flag, Marker, make_chunk, read_only


@dataclass(frozen=True, slots=True)
class Block:
    """What one pull gave, at least one sample.

    Parameters
    ----------
    samples
        float32, shape (n_samples, n_channels), in the units of the announced channels.
    stamps
        float64, shape (n_samples,), as the sender gave them.
    arrival_s
        LSL clock when they were taken.
    """

    samples: NDArray[np.float32]
    stamps: NDArray[np.float64]
    arrival_s: float


class ChunkMaker:
    """Counts samples, lost ones included, and keeps the chunks that were not yet asked for."""

    def __init__(self, n_channels: int, timeline: Timeline, markers: MarkerQueue) -> None:
        self._n_channels, self._timeline, self._markers = n_channels, timeline, markers
        self._next_index = 0
        self._ready: deque[Chunk] = deque()
        self._no_flags = read_only(np.zeros(0, dtype=np.uint8))

    def push(self, block: Block, correction_s: float) -> None:
        """Take one block; ``correction_s`` brings the sender's stamps onto this machine's clock."""
        samples, arrival_s = block.samples, block.arrival_s
        placed = self._timeline.place(block.stamps, correction_s, arrival_s)
        if not placed.holes and not placed.jumps:
            self._push_whole(samples, placed.times_s, arrival_s)
            return
        flags = np.zeros(len(samples), dtype=np.uint8)
        if placed.jumps:
            flags[list(placed.jumps)] = Flag.CLOCK_JUMP
        lost_at = dict(placed.holes)
        for start, stop in pairwise(sorted({0, *lost_at, len(samples)})):
            gap = lost_at.get(start, 0)
            self._next_index += gap
            times = placed.times_s[start:stop]
            markers = self._markers.take(float(times[-1]), arrival_s)
            rows, row_flags = samples[start:stop], flags[start:stop]
            self._ready.append(
                make_chunk(rows, times, self._next_index, flags=row_flags, gap_before=gap, markers=markers)
            )
            self._next_index += stop - start

    def _push_whole(self, samples: NDArray[np.float32], times_s: NDArray[np.float64], arrival_s: float) -> None:
        """Take a block in which nothing happened, as nearly all are, at little cost."""
        n = times_s.shape[0]
        if n != self._no_flags.shape[0]:
            self._no_flags = read_only(np.zeros(n, dtype=np.uint8))
        markers = self._markers.take(float(times_s[-1]), arrival_s)
        chunk = Chunk(read_only(samples), read_only(times_s), self._next_index, self._no_flags, 0, markers)
        self._ready.append(chunk)
        self._next_index += n

    def pop(self) -> Chunk | None:
        """Return the next chunk, None if there is none."""
        return self._ready.popleft() if self._ready else None

    def without_samples(self, markers: tuple[Marker, ...]) -> Chunk | None:
        """Return markers on a chunk of zero samples, None if there are none."""
        if not markers:
            return None
        none = np.empty((0, self._n_channels), dtype=np.float32)
        return make_chunk(none, np.empty(0), self._next_index, markers=markers)
