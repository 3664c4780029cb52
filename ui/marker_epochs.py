"""Cuts epochs around markers out of a live stream as soon as their last sample is there."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from pipelines.epochs import EpochAverages
from pipelines.signal import Chunk, Flag, Marker, StreamSpec
from ui.channel_picker import eeg_of
from ui.display_filter import DisplayFilter
from ui.sample_history import SampleHistory

KEEP_S = 120.0
MAX_MARKERS = 5000
MAX_VALUES = 2**19
"""Values averaged at one look: about 20 ms of a slow core."""


@dataclass(frozen=True, slots=True)
class EpochSettings:
    """How epochs are cut, filtered, corrected and rejected."""

    from_s: float = -0.2
    to_s: float = 0.8
    baseline_s: tuple[float, float] | None = (-0.2, 0.0)
    reject_uv: float | None = 150.0
    high_pass_hz: float = 0.1
    low_pass_hz: float = 30.0


class MarkerEpochs:
    """Averages of one stream. After a change of settings it begins anew with what the last two minutes hold."""

    def __init__(self, spec: StreamSpec, settings: EpochSettings) -> None:
        self._spec = spec
        self.taken = 0
        """How many epochs were averaged, or left out, in all."""
        self._clock: tuple[float, int] | None = None
        self._markers: deque[tuple[int, str]] = deque(maxlen=MAX_MARKERS)
        self._raw = SampleHistory(spec.n_channels, round(KEEP_S * spec.rate_hz))
        self.change(settings)

    def change(self, settings: EpochSettings) -> None:
        """Begin anew with other settings; markers whose samples are still there count again."""
        spec, s = self._spec, settings
        self.settings = settings
        self.averages = EpochAverages(
            spec.rate_hz, spec.n_channels, s.from_s, s.to_s, s.baseline_s, s.reject_uv, eeg_of(spec)
        )
        self._filter = DisplayFilter(spec, s.high_pass_hz, s.low_pass_hz, 0.0)
        self._filtered = SampleHistory(spec.n_channels, round(KEEP_S * spec.rate_hz))
        first = self._raw.start_index
        self._pending = deque((index, label) for index, label in self._markers if index + self.averages.offset >= first)

    def forget(self) -> None:
        """Begin anew with the markers to come."""
        self._markers.clear()
        self.change(self.settings)

    def push(self, chunk: Chunk) -> None:
        """Take samples."""
        if chunk.first_index < self._raw.end_index:
            self._markers.clear()  # the stream counts anew
            self._pending.clear()
            self._filtered.clear()
        self._raw.push(chunk.samples, (chunk.flags & Flag.LOST) != 0, chunk.first_index)
        self._clock = (float(chunk.times_s[-1]), chunk.end_index - 1)

    def mark(self, marker: Marker) -> bool:
        """Take a marker; False before the first samples, which alone say what its time means."""
        if self._clock is None:
            return False
        time_s, index = self._clock
        at = (index + round((marker.time_s - time_s) * self._spec.rate_hz), marker.label)
        self._markers.append(at)
        self._pending.append(at)
        return True

    def update(self) -> bool:
        """Take complete epochs, as many as a look may cost; return whether some are still left."""
        self._filter_new()
        n_times, offset = self.averages.n_times, self.averages.offset
        room = max(1, MAX_VALUES // (n_times * self._spec.n_channels))
        waiting, left = deque[tuple[int, str]](), False
        for index, label in self._pending:
            first = index + offset
            complete = first + n_times <= self._filtered.end_index
            if complete and room:
                room -= 1
                self.averages.add(label, self._cut(first, n_times))
                self.taken += 1
            else:
                left = left or complete
                waiting.append((index, label))
        self._pending = waiting
        return left

    def _filter_new(self) -> None:
        """Filter what has come since the last look, all at once: a call for each chunk costs several times as much."""
        known = self._filtered.end_index > self._filtered.start_index
        begin = self._filtered.end_index if known else self._raw.start_index
        if begin < self._raw.start_index:
            self._filter.interrupt()
        samples, lost, first = self._raw.last(self._raw.end_index - begin)
        if len(samples):
            self._filtered.push(self._filter.process(samples, lost, first), lost, first)

    def _cut(self, first: int, n_times: int) -> np.ndarray:
        """Return an epoch; NaN where its samples were lost, or are no longer or never were kept."""
        epoch = np.full((n_times, self._spec.n_channels), np.nan)
        samples, lost, start = self._filtered.last(n_times, first + n_times)
        if len(samples):
            epoch[start - first :] = np.where(lost[:, None], np.nan, samples)
        return epoch
