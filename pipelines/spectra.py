"""Power density of successive segments of a stream: averaged it is Welch's spectrum, side by side a spectrogram.

Each segment is transformed once, when it is complete, so that a display pays for what is new alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.signal import find_peaks, get_window

Floats = NDArray[np.float64]

BANDS_HZ = {"delta": (1.0, 4.0), "theta": (4.0, 8.0), "alpha": (8.0, 13.0), "beta": (13.0, 30.0), "gamma": (30.0, 45.0)}
"""Usual bands of the EEG: lower edge included, upper one not."""
DENSITY_FLOOR = 1e-6
"""Least density shown (unit²/Hz), so that a flat channel has a logarithm."""
PEAK_PROMINENCE_DB = 1.5


class SegmentSpectra:
    """One-sided power densities of overlapping Hann segments, the newest ``keep`` of them.

    The mean over segments is Welch's estimate (Welch 1967, IEEE Trans. Audio Electroacoust. 15:70) as
    ``scipy.signal.welch`` computes it: periodic Hann window, the mean of each segment taken away. Segments begin at
    multiples of the hop, so that the result does not depend on how the samples came.

    Parameters
    ----------
    rate_hz, n_channels
        The stream.
    segment_s, hop_s
        Length of a segment and step between two (s).
    keep
        Segments to remember.
    max_hz
        Frequencies above it are not kept.
    """

    def __init__(
        self, rate_hz: float, n_channels: int, segment_s: float, hop_s: float, keep: int, max_hz: float = np.inf
    ) -> None:
        self.n_segment = max(8, round(segment_s * rate_hz))
        self.hop = max(1, round(hop_s * rate_hz))
        self.keep = keep
        frequencies = np.arange(self.n_segment // 2 + 1) * (rate_hz / self.n_segment)
        self._n_bins = int(np.searchsorted(frequencies, max_hz, side="right"))
        self.frequencies_hz: Floats = np.asarray(frequencies[: self._n_bins], dtype=np.float64)
        window = get_window("hann", self.n_segment)
        self._window = window.astype(np.float32)
        factor = np.full(self._n_bins, 2 / (rate_hz * (window**2).sum()))
        factor[0] /= 2
        if self.n_segment % 2 == 0 and self._n_bins == len(frequencies):
            factor[-1] /= 2
        self._factor = factor.astype(np.float32)[:, None]
        # Not filled: segments are written before they are read, and megabytes of NaN take longer than a frame.
        self._densities = np.empty((keep, self._n_bins, n_channels), dtype=np.float32)
        self._next = 0
        """Number of the segment that comes next."""

    @property
    def next_number(self) -> int:
        """Number of the segment that comes next; segment ``k`` holds the samples from ``k * hop`` on."""
        return self._next

    def due(self, end_index: int) -> int:
        """Return how many segments are complete, and not yet added, when the samples before ``end_index`` are there."""
        return max(0, (end_index - self.n_segment) // self.hop + 1 - self._next)

    def skip_to(self, number: int) -> None:
        """Leave out the segments before ``number``: they are shown as missing."""
        first = max(self._next, number - self.keep)
        self._densities[np.arange(first, max(first, number)) % self.keep] = np.nan
        self._next = max(self._next, number)

    def add(self, samples: NDArray[np.floating], lost: NDArray[np.bool_]) -> None:
        """Add the next segment (n_segment, n_channels); samples lost make all of it NaN, a NaN its own channel."""
        place = self._densities[self._next % self.keep]
        self._next += 1
        if lost.any():
            place[:] = np.nan
            return
        # Channel by channel in memory and in single precision: half the time, and 1e-7 of the largest value as noise.
        rows = np.ascontiguousarray(samples.T, dtype=np.float32)
        rows = rows - rows.mean(axis=1, dtype=np.float64).astype(np.float32)[:, None]
        rows *= self._window
        spectrum = fft.rfft(rows, axis=1)[:, : self._n_bins]
        place[:] = (spectrum.real**2 + spectrum.imag**2).T * self._factor

    def last(self, count: int) -> NDArray[np.float32]:
        """Return densities (count, n_bins, n_channels) of the newest segments, oldest first; NaN where none is."""
        numbers = np.arange(self._next - min(count, self.keep), self._next)
        found = self._densities[numbers % self.keep]
        found[numbers < 0] = np.nan
        return found

    def mean(self, count: int) -> tuple[Floats, int]:
        """Return Welch's density (n_bins, n_channels) over the newest segments, and how many were whole in a channel.

        Segments with missing samples are left out, each channel for itself; NaN where a channel has none.
        """
        found = self.last(count)
        whole = ~np.isnan(found[:, 0])
        n = whole.sum(axis=0)
        total = np.where(whole[:, None], found, 0).sum(axis=0, dtype=np.float64)
        return np.where(n > 0, total / np.maximum(n, 1), np.nan), int(n.max(initial=0))


def band_power(densities: Floats, frequencies_hz: Floats, band_hz: tuple[float, float]) -> Floats:
    """Return the power (unit²) in a band from densities (n_bins, n_channels); NaN where it holds no frequency."""
    low, high = band_hz
    inside = (frequencies_hz >= low - 1e-9) & (frequencies_hz < high - 1e-9)
    if not inside.any() or high > frequencies_hz[-1] + 1e-9:
        return np.full(densities.shape[1], np.nan)
    return np.asarray(densities[inside].sum(axis=0) * (frequencies_hz[1] - frequencies_hz[0]))


def decibel(power: NDArray[np.floating]) -> Floats:
    """Return 10 log10 of a power or density, with a floor."""
    return np.asarray(10 * np.log10(np.maximum(power, DENSITY_FLOOR)))


def peak_frequency(frequencies_hz: Floats, density: Floats, between_hz: Sequence[float]) -> tuple[float, float] | None:
    """Return frequency (Hz) and density of the most prominent peak of a spectrum (n_bins,); None if there is none.

    A straight line through log density over log frequency is taken away first, so that the 1/f slope hides no rhythm.
    """
    low, high = between_hz
    inside = (frequencies_hz >= max(low, 1e-6)) & (frequencies_hz <= high)
    if inside.sum() < 5 or not np.isfinite(density[inside]).all():
        return None
    level, octaves = decibel(density[inside]), np.log2(frequencies_hz[inside])
    level = level - np.polyval(np.polyfit(octaves, level, 1), octaves)
    peaks, found = find_peaks(level, prominence=PEAK_PROMINENCE_DB)
    if not len(peaks):
        return None
    best = np.flatnonzero(inside)[peaks[int(np.argmax(found["prominences"]))]]
    return float(frequencies_hz[best]), float(density[best])
