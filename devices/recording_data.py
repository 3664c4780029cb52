"""A recording as every reader returns it, and how losses are found in counters and time stamps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import RecordingError
from pipelines.signal import Marker, StreamSpec

HOLE_S = 0.25
"""A pause between stamps that is longer than this, and is not caught up, is a loss; live stamps jitter by less."""


class Rows(Protocol):
    """Samples, float32 (n_samples, n_channels): an array, or a file that is read a block at a time."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a person may have to say about a file.

    Parameters
    ----------
    stream
        Name, type or number of an XDF stream; empty takes the first EEG stream that holds samples.
    unit
        Unit of the EEG where the file does not say (``uV``, ``mV``, ``V``, ``nV``); it wins over what the file says.
    rate_hz
        Sampling rate where the file does not say; None reads it.
    columns
        Table without a header: channel name → column, counted from 0.
    time_column, marker_column
        Table without a header: the columns of UNIX time (s) and of marker codes; None where there is none.
    scale
        What voltages are multiplied by, where the unit in the file is wrong.
    """

    stream: str = ""
    unit: str = ""
    rate_hz: float | None = None
    columns: Mapping[str, int] = field(default_factory=dict)
    time_column: int | None = None
    marker_column: int | None = None
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class ScaledRows:
    """Rows that are multiplied when they are read.

    Parameters
    ----------
    rows
        As they are in the file.
    factors
        float32 (n_channels,).
    """

    rows: Rows
    factors: NDArray[np.float32]

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.rows)

    def __getitem__(self, rows: slice, /) -> NDArray[np.float32]:
        """Return samples, shape (n, n_channels)."""
        return self.rows[rows] * self.factors


@dataclass(frozen=True, slots=True)
class Span:
    """A named stretch of time (s); of a decision, ``by`` is the model."""

    start_s: float
    end_s: float
    label: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """Samples with their times, losses and markers.

    Parameters
    ----------
    spec
        Rate, channels, source.
    samples
        float32 (n_samples, n_channels); EEG in microvolts where the unit is known. Large files are read when sliced.
    times_s
        float64 (n_samples,), non-decreasing; the file's own clock, or seconds from its first sample.
    losses
        Row number → samples missing immediately before that row.
    flags
        uint8 (n_samples,) of ``Flag``.
    markers
        In the order of time, on the same clock.
    first_index
        Index of row 0 in the stream it was recorded from, less what is missing before it.
    session
        Settings embedded by our own recorder; None in other files.
    measured_unix_s
        UNIX time at which the recording began (s); None where the file does not say.
    """

    spec: StreamSpec
    samples: Rows
    times_s: NDArray[np.float64]
    losses: Mapping[int, int] = field(default_factory=dict)
    flags: NDArray[np.uint8] | None = None
    markers: tuple[Marker, ...] = ()
    first_index: int = 0
    session: Mapping[str, Any] | None = None
    measured_unix_s: float | None = None

    def indices(self) -> NDArray[np.int64]:
        """Absolute index of every row, losses counted; shape (n_samples,)."""
        return indices_of(len(self.times_s), self.losses, self.first_index)


def indices_of(n_rows: int, losses: Mapping[int, int], first_index: int = 0) -> NDArray[np.int64]:
    """Return the absolute index of every row, counting what is missing before it."""
    lost = np.zeros(n_rows, dtype=np.int64)
    for row, count in losses.items():
        lost[row] = count
    return first_index + np.arange(n_rows) + np.cumsum(lost)


def losses_from_times(times_s: NDArray[np.float64], rate_hz: float) -> dict[int, int]:
    """Find holes in time stamps (s): row → samples missing before it.

    A pause after which the stamps follow one another faster than they should is a delay, not a loss: what is caught
    up within the next second (and the length of the pause) is taken off it.
    """
    steps = np.diff(times_s)
    period_s = 1 / rate_hz
    rows = np.flatnonzero(steps > HOLE_S + period_s)
    if not rows.size:
        return {}
    flowing_s = float(times_s[-1] - times_s[0] - np.sum(steps[rows] - period_s))
    pace_hz = max(rate_hz, (len(times_s) - 1) / max(flowing_s, period_s))
    losses = {}
    for row, until in zip(rows, [*rows[1:], len(steps)], strict=True):
        pause_s = float(steps[row]) - period_s
        within = int(np.ceil((pause_s + 1.0) * pace_hz))
        after_s = times_s[row + 1 : min(until, row + within) + 1] - times_s[row + 1]
        missing_s = pause_s - float(np.max(np.arange(len(after_s)) / pace_hz - after_s))
        if missing_s > HOLE_S:
            losses[int(row) + 1] = round(missing_s * rate_hz)
    return losses


def continued(
    times_s: NDArray[np.float64], rate_hz: float, where: str
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Make stamps (s) go on where they fall back: return them and the rows at which they did.

    Small steps back are jitter and held; larger ones are a clock that was set anew, from where time goes on by one
    sample.

    Raises
    ------
    RecordingError
        If a stamp is no number.
    """
    if not np.isfinite(times_s).all():
        row = int(np.flatnonzero(~np.isfinite(times_s))[0])
        raise RecordingError(f"{where}: the time stamp of sample {row} is {times_s[row]}")
    steps = np.diff(times_s)
    back = np.flatnonzero(steps < -HOLE_S)
    shift = np.zeros(len(times_s))
    shift[back + 1] = 1 / rate_hz - steps[back]
    return np.maximum.accumulate(times_s + np.cumsum(shift)), back + 1
