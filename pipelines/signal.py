"""The shared vocabulary of signals: :class:`StreamSpec`, :class:`Chunk`, :class:`Window`, :class:`Marker`.

One orientation everywhere: ``(n_samples, n_channels)``, float32, EEG in microvolts. Arrays inside a chunk are
read-only views; the samples a stage returns stay valid until its next ``process`` call.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntFlag
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ChannelMismatch, SignalError

ScalarT = TypeVar("ScalarT", bound=np.generic)

MICROVOLTS_PER = {"uV": 1.0, "mV": 1e3, "V": 1e6, "nV": 1e-3}
"""Factor from a unit of :class:`Channel` to microvolts."""


class Flag(IntFlag):
    """What is known of one sample; a sample may carry several flags (uint8)."""

    NONE = 0
    LOST = 1
    """The sample never arrived; its values are a placeholder."""
    NONFINITE = 2
    """At least one channel was NaN or infinite and has been replaced."""
    CLOCK_JUMP = 4
    """The source's clock jumped just before this sample."""
    BAD_CHANNELS = 8
    """Too many channels are bad for the rest to stand in for them."""
    AMPLITUDE = 16
    """Artifact: an amplitude beyond the set threshold."""
    BLINK = 32
    """Artifact: an eye blink."""
    MUSCLE = 64
    """Artifact: muscle activity."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: 10-10 name, MNE kind in lower case (``eeg``, ``eog``, ``misc`` …), unit (``uV``, ``unknown`` …)."""

    name: str
    kind: str = "eeg"
    unit: str = "uV"


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """What a stream delivers. Frozen, compared by value.

    Parameters
    ----------
    rate_hz
        Nominal sampling rate, > 0.
    channels
        In the order of the sample columns; names are unique.
    source_id
        Stable name of the device, stream or file.
    reference
        The electrode(s) the EEG is measured against, ``"unknown"`` where the source does not say.

    Attributes
    ----------
    names
        Channel names in column order.
    """

    rate_hz: float
    channels: tuple[Channel, ...]
    source_id: str = ""
    reference: str = "unknown"
    names: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not (np.isfinite(self.rate_hz) and self.rate_hz > 0):
            raise SignalError(f"{self.source_id or 'stream'}: sampling rate must be positive, got {self.rate_hz} Hz")
        if not self.channels:
            raise ChannelMismatch(f"{self.source_id or 'stream'}: no channels")
        names = tuple(channel.name for channel in self.channels)
        object.__setattr__(self, "names", names)
        doubled = sorted({n for n in names if names.count(n) > 1})
        if doubled:
            raise ChannelMismatch(f"{self.source_id or 'stream'}: channel names are not unique: {', '.join(doubled)}")

    @property
    def n_channels(self) -> int:
        """Number of columns."""
        return len(self.channels)

    def indices_of(self, kind: str) -> list[int]:
        """Columns of one kind, for example ``"eeg"``."""
        return [i for i, c in enumerate(self.channels) if c.kind == kind]

    def with_channels(self, channels: tuple[Channel, ...]) -> Self:
        """Return the same stream with other channels."""
        return replace(self, channels=channels)


@dataclass(frozen=True, slots=True)
class Marker:
    """A named moment: time on the stream's clock (s), label, and the stream it came from."""

    time_s: float
    label: str
    stream: str = "markers"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive samples of one stream. Immutable.

    Parameters
    ----------
    samples
        float32, shape (n_samples, n_channels).
    times_s
        float64, shape (n_samples,); LSL clock in seconds, non-decreasing.
    first_index
        Index of the first sample in the stream since it was opened; lost samples are counted.
    flags
        uint8 of :class:`Flag`, shape (n_samples,).
    gap_before
        Number of samples missing immediately before the first one; 0 when contiguous.
    markers
        Markers that arrived with these samples.
    bad_channels
        Names of the channels held to be bad at the end of the chunk.
    """

    samples: NDArray[np.float32]
    times_s: NDArray[np.float64]
    first_index: int
    flags: NDArray[np.uint8]
    gap_before: int = 0
    markers: tuple[Marker, ...] = ()
    bad_channels: frozenset[str] = frozenset()

    @property
    def n_samples(self) -> int:
        """Number of rows."""
        return int(self.samples.shape[0])

    @property
    def end_index(self) -> int:
        """Index of the sample after the last one."""
        return self.first_index + self.n_samples

    def with_samples(self, samples: NDArray[np.float32]) -> Chunk:
        """Return the same chunk with other samples, which nobody writes to."""
        return Chunk(
            samples, self.times_s, self.first_index, self.flags, self.gap_before, self.markers, self.bad_channels
        )

    def part(self, start: int, stop: int) -> Chunk:
        """Rows ``start:stop`` as a chunk of their own; gap and markers stay with the part that holds row 0."""
        head = start == 0
        return replace(
            self,
            samples=self.samples[start:stop],
            times_s=self.times_s[start:stop],
            flags=self.flags[start:stop],
            first_index=self.first_index + start,
            gap_before=self.gap_before if head else 0,
            markers=self.markers if head else (),
        )


@dataclass(frozen=True, slots=True)
class Window(Chunk):
    """A chunk of fixed length with its number. Its arrays are views into the ring buffer, valid until the next push."""

    window_index: int = 0


def copy_window(window: Window) -> Window:
    """Return a window that outlives the next push."""
    return replace(window, samples=window.samples.copy(), times_s=window.times_s.copy(), flags=window.flags.copy())


def make_chunk(
    samples: NDArray[np.floating] | NDArray[np.integer],
    times_s: NDArray[np.float64],
    first_index: int,
    *,
    flags: NDArray[np.uint8] | None = None,
    gap_before: int = 0,
    markers: tuple[Marker, ...] = (),
) -> Chunk:
    """Check shapes, convert to the house's types and freeze the arrays.

    Raises
    ------
    SignalError
        If shapes do not fit or ``gap_before`` is negative.
    """
    rows = np.ascontiguousarray(samples, dtype=np.float32)
    stamps = np.ascontiguousarray(times_s, dtype=np.float64)
    if rows.ndim != 2 or stamps.shape != (rows.shape[0],):
        raise SignalError(
            f"samples {rows.shape} and times {stamps.shape} must be (n_samples, n_channels) and (n_samples,)"
        )
    if gap_before < 0:
        raise SignalError(f"gap_before must be 0 or more, got {gap_before}")
    marks = np.zeros(rows.shape[0], dtype=np.uint8) if flags is None else np.ascontiguousarray(flags, dtype=np.uint8)
    if marks.shape != stamps.shape:
        raise SignalError(f"flags {marks.shape} must have the shape of times {stamps.shape}")
    return Chunk(read_only(rows), read_only(stamps), first_index, read_only(marks), gap_before, markers)


def read_only(array: NDArray[ScalarT]) -> NDArray[ScalarT]:
    """Return a read-only view, leaving the owner's array writable."""
    view = array.view()
    view.flags.writeable = False
    return view
