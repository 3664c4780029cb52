"""Cut the stream into windows, counted in samples, never by a clock."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipelines.errors import ConfigError, SignalError
from pipelines.ring_buffer import RingBuffer
from pipelines.signal import Chunk, Flag, StreamSpec, Window, read_only


class Windower:
    """Window k covers the absolute sample indices [k * hop, k * hop + window), whatever the chunking.

    Lost samples count: a window that overlaps a gap holds placeholders (zeros) flagged ``LOST``. A window whose last
    sample lies in a gap is not emitted, its number is skipped.
    """

    def __init__(self, spec: StreamSpec, window_samples: int, hop_samples: int) -> None:
        if window_samples < 1 or hop_samples < 1:
            raise ConfigError(f"window ({window_samples}) and hop ({hop_samples}) must be at least one sample")
        self._spec, self.window_samples, self.hop_samples = spec, window_samples, hop_samples
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._ring = RingBuffer(self.window_samples, self._spec.n_channels)
        self._nothing = read_only(np.zeros((self.window_samples, self._spec.n_channels), dtype=np.float32))
        self._lost = read_only(np.full(self.window_samples, Flag.LOST, dtype=np.uint8))
        self._started = False
        self._origin = 0
        self._last_time_s = 0.0

    def push(self, chunk: Chunk) -> Iterator[Window]:
        """Take a chunk and yield the windows it completes; use each before asking for the next.

        Raises
        ------
        SignalError
            If the chunk begins before the last one ended.
        """
        if chunk.n_samples == 0:
            return
        if not self._started:
            self._started = True
            self._origin = self._ring.end_index = chunk.first_index
        elif chunk.first_index != self._ring.end_index:
            self._bridge(chunk)
        start = 0
        while start < chunk.n_samples:
            due = self._due()
            stop = min(chunk.n_samples, due - chunk.first_index)
            # With a hop longer than the window, some rows belong to none.
            kept = max(start, stop - self.window_samples)
            self._ring.end_index += kept - start
            self._ring.push(chunk.samples[kept:stop], chunk.times_s[kept:stop], chunk.flags[kept:stop])
            if self._ring.end_index == due:
                yield self._window(chunk)
            start = stop
        self._last_time_s = float(chunk.times_s[-1])

    def _due(self) -> int:
        """Index at which the next window ends; windows that would begin before the first sample do not exist."""
        after = self._ring.end_index + 1 - self.window_samples
        first = max(after, self._origin)
        return -(-first // self.hop_samples) * self.hop_samples + self.window_samples

    def _bridge(self, chunk: Chunk) -> None:
        """Put placeholders where samples were lost; of a long gap only what a window can still see."""
        lost = chunk.first_index - self._ring.end_index
        if lost < 0:
            raise SignalError(
                f"{self._spec.source_id or 'stream'}: a chunk begins at sample {chunk.first_index}, "
                f"but sample {self._ring.end_index - 1} has already come; reset the windower for a new stream"
            )
        shown = min(lost, self.window_samples)
        self._ring.end_index += lost - shown
        first_s, last_s = self._last_time_s, float(chunk.times_s[0])
        share = np.arange(lost - shown + 1, lost + 1) / (lost + 1)
        times_s = read_only(first_s + share * (last_s - first_s))
        self._ring.push(self._nothing[:shown], times_s, self._lost[:shown])

    def _window(self, chunk: Chunk) -> Window:
        samples, times_s, flags = self._ring.last(self.window_samples)
        start = self._ring.end_index - self.window_samples
        return Window(
            samples, times_s, start, flags,
            bad_channels=chunk.bad_channels, window_index=start // self.hop_samples,
        )  # fmt: skip
