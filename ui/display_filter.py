"""The filter between raw samples and the screen: the house's own stages, for display only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.plugins import make
from pipelines.signal import StreamSpec, make_chunk
from pipelines.stage import Pipeline


class DisplayFilter:
    """High-pass, low-pass and notch; missing or non-finite samples leave it as NaN and never enter it.

    Parameters
    ----------
    spec
        Stream that will be shown; every channel is filtered, whatever its kind.
    high_pass_hz, low_pass_hz, notch_hz
        Edges (Hz); 0 leaves a part out, and so does an edge above half the sampling rate.
    """

    def __init__(self, spec: StreamSpec, high_pass_hz: float, low_pass_hz: float, notch_hz: float) -> None:
        half = spec.rate_hz / 2
        tables: list[dict[str, Any]] = []
        if 0 < high_pass_hz < half:
            tables.append({"kind": "bandpass", "low_hz": high_pass_hz, "high_hz": None, "order": 2})
        if 0 < low_pass_hz < half:
            tables.append({"kind": "bandpass", "low_hz": None, "high_hz": low_pass_hz, "order": 4})
        if 0 < notch_hz < half:
            tables.append({"kind": "notch", "freq_hz": notch_hz})
        self._pipeline = Pipeline([make("stages", table, "display filter") for table in tables])
        self._pipeline.prepare(spec.with_channels(tuple(replace(channel, kind="eeg") for channel in spec.channels)))
        self._rate_hz = spec.rate_hz
        self._broken = False

    def process(self, samples: NDArray[np.float32], lost: NDArray[np.bool_], first_index: int) -> NDArray[np.float32]:
        """Return filtered samples (n_samples, n_channels), NaN where ``lost`` (n_samples,) or not finite."""
        shown = np.full(samples.shape, np.nan, dtype=np.float32)
        for start, stop in _runs(~lost):
            # A run after a hole starts afresh: the filter must not ring through what it has not seen.
            gap = int(start > 0 or self._broken)
            part = samples[start:stop]
            chunk = make_chunk(
                part, (first_index + np.arange(start, stop)) / self._rate_hz, first_index + start, gap_before=gap
            )
            shown[start:stop] = self._pipeline.process(chunk).samples
            self._broken = False
        shown[~np.isfinite(samples)] = np.nan
        if len(lost):
            self._broken = self._broken or bool(lost[-1])
        return shown

    def interrupt(self) -> None:
        """Tell that samples are missing before the next ones."""
        self._broken = True


def _runs(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield start and stop of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        yield int(start), int(stop)
