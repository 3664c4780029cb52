"""Spectra of a live stream at a bounded price: what cannot be transformed now is transformed at the next look."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.signal import Chunk, Flag, StreamSpec
from pipelines.spectra import SegmentSpectra
from ui.sample_history import SampleHistory

MAX_VALUES = 2**19
"""Values transformed at one look, or one segment: about 10 ms of a slow core."""


class LiveSpectra:
    """Keeps raw samples until their segments are transformed.

    Parameters
    ----------
    spec
        The stream; all its channels are transformed.
    segment_s, hop_s
        Segments and the step between them (s).
    keep_s
        How far back spectra are kept (s); samples that were not looked at for longer are never transformed.
    max_hz
        Frequencies above it are not kept.
    """

    def __init__(self, spec: StreamSpec, segment_s: float, hop_s: float, keep_s: float, max_hz: float) -> None:
        self._spec, self._rate_hz = spec, spec.rate_hz
        self._segment_s, self._hop_s, self._keep_s, self._max_hz = segment_s, hop_s, keep_s, max_hz
        self._begin()

    def _begin(self) -> None:
        keep = max(2, round((self._keep_s - self._segment_s) / self._hop_s) + 1)
        n = self._spec.n_channels
        self._spectra = SegmentSpectra(self._rate_hz, n, self._segment_s, self._hop_s, keep, self._max_hz)
        self._history = SampleHistory(n, round((self._keep_s + self._segment_s) * self._rate_hz))

    @property
    def frequencies_hz(self) -> NDArray[np.float64]:
        """Frequencies kept (n_bins,)."""
        return self._spectra.frequencies_hz

    @property
    def hop_s(self) -> float:
        """Step between two segments (s)."""
        return self._spectra.hop / self._rate_hz

    @property
    def end_s(self) -> float:
        """Time of the middle of the newest segment since the start of the stream (s)."""
        return ((self._spectra.next_number - 1) * self._spectra.hop + self._spectra.n_segment / 2) / self._rate_hz

    @property
    def next_number(self) -> int:
        """Number of the segment that is transformed next, counted from the start of the stream."""
        return self._spectra.next_number

    @property
    def is_due(self) -> bool:
        """Whether a segment is complete and not transformed: until then there is nothing new to show."""
        return self._spectra.due(self._history.end_index) > 0

    def push(self, chunk: Chunk) -> None:
        """Remember samples."""
        self.push_rows(chunk.samples, (chunk.flags & Flag.LOST) != 0, chunk.first_index)

    def push_rows(self, samples: NDArray[np.float32], lost: NDArray[np.bool_], first_index: int) -> None:
        """Remember samples (n_samples, n_channels), and which of them are lost (n_samples,)."""
        if first_index < self._history.end_index:
            self._begin()  # the stream counts anew
        self._history.push(samples, lost, first_index)

    def update(self) -> bool:
        """Transform complete segments, oldest first; return whether some are still left."""
        spectra, history = self._spectra, self._history
        spectra.skip_to(-(-history.start_index // spectra.hop))
        due = spectra.due(history.end_index)
        now = min(due, max(1, MAX_VALUES // (spectra.n_segment * history.n_channels)))
        for _ in range(now):
            stop = spectra.next_number * spectra.hop + spectra.n_segment
            samples, lost, _first = history.last(spectra.n_segment, stop)
            spectra.add(samples, lost)
        return due > now

    def mean(self, seconds: float) -> tuple[NDArray[np.float64], float]:
        """Return Welch's density (n_bins, n_channels) over the last seconds, and how many seconds it holds."""
        spectra = self._spectra
        segment_s = spectra.n_segment / self._rate_hz
        density, n = spectra.mean(max(1, round((seconds - segment_s) / self.hop_s) + 1))
        return density, segment_s + (n - 1) * self.hop_s if n else 0.0

    def last(self, seconds: float) -> NDArray[np.float32]:
        """Return densities (n_segments, n_bins, n_channels) of the last seconds, oldest first."""
        return self._spectra.last(max(1, round(seconds / self.hop_s)))
