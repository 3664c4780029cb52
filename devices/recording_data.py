"""A recording in memory: what every reader returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.signal import Marker, StreamSpec

HOLE_S = 0.25
"""A step between stamps longer than this, beyond one sample, is a loss; live stamps jitter by less."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a person may have to say about a file.

    Parameters
    ----------
    stream
        Name, type or number of an XDF stream; empty takes the first EEG stream that holds samples.
    unit
        Unit of the EEG where the file does not say (``uV``, ``mV``, ``V``).
    rate_hz
        Sampling rate where the file does not say; None reads it.
    """

    stream: str = ""
    unit: str = ""
    rate_hz: float | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """Samples with their times, losses and markers.

    Parameters
    ----------
    spec
        Rate, channels, source.
    samples
        float32 (n_samples, n_channels); EEG in microvolts where the unit is known.
    times_s
        float64 (n_samples,), non-decreasing; the file's own clock.
    losses
        Row number → samples missing immediately before that row.
    flags
        uint8 (n_samples,) of ``Flag``.
    markers
        In the order of time, on the same clock.
    first_index
        Index of row 0 in the stream it was recorded from.
    session
        Settings embedded by our own recorder; None in other files.
    """

    spec: StreamSpec
    samples: NDArray[np.float32]
    times_s: NDArray[np.float64]
    losses: Mapping[int, int] = field(default_factory=dict)
    flags: NDArray[np.uint8] | None = None
    markers: tuple[Marker, ...] = ()
    first_index: int = 0
    session: Mapping[str, Any] | None = None

    def indices(self) -> NDArray[np.int64]:
        """Absolute index of every row, losses counted; shape (n_samples,)."""
        lost = np.zeros(len(self.samples), dtype=np.int64)
        for row, count in self.losses.items():
            lost[row] = count
        return self.first_index + np.arange(len(self.samples)) + np.cumsum(lost)


def losses_from_times(times_s: NDArray[np.float64], rate_hz: float) -> dict[int, int]:
    """Find holes in time stamps (s): row → samples missing before it."""
    steps = np.diff(times_s)
    rows = np.flatnonzero(steps > HOLE_S + 1 / rate_hz)
    return {int(row) + 1: max(1, round(float(steps[row]) * rate_hz) - 1) for row in rows}


def losses_from_counter(counter: NDArray[np.int64], modulus: int) -> dict[int, int]:
    """Find jumps in a wrapping sample counter: row → samples missing before it."""
    jumps = (np.diff(counter) - 1) % modulus
    return {int(row) + 1: int(jumps[row]) for row in np.flatnonzero(jumps)}
