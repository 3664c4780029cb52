"""Turn the rows that BrainFlow delivers (one row per quantity, one column per sample) into chunks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from devices.package_counter import PackageCounter
from devices.unix_time import UnixToLsl
from pipelines.signal import Chunk, Flag, Marker, make_chunk

LEARN_SAMPLES = 64
CLOCK_JUMP_S = 0.5
FIRST_LABEL_CODE = 10_001
MARKER_STREAM = "brainflow"


@dataclass(frozen=True, slots=True)
class BoardLayout:
    """Which row holds what: signals, UNIX time (s), marker value, package number."""

    signals: tuple[int, ...]
    time: int
    marker: int | None = None
    package_number: int | None = None


@dataclass(slots=True)
class MarkerCodes:
    """Translates labels to the numbers a marker row holds, and back. A label that is a number stands for itself."""

    labels: dict[float, str] = field(default_factory=dict)

    def code_of(self, label: str) -> float:
        """Return the number for a label, the same one every time; never 0, which means no marker."""
        try:
            number = float(label)
        except ValueError:
            number = 0.0
        if np.isfinite(number) and number != 0 and f"{number:g}" == label:
            return number
        known = {text: code for code, text in self.labels.items()}
        code = known.get(label, float(FIRST_LABEL_CODE + len(self.labels)))
        self.labels[code] = label
        return code

    def label_of(self, code: float) -> str:
        """Return the label of a number; numbers that were never given out are their own label."""
        return self.labels.get(code, f"{code:g}")


class BoardStream:
    """One connection's samples: numbered, stamped with the LSL clock, gaps declared.

    The first 64 samples are held back until the counter's step is learnt from them.

    Parameters
    ----------
    layout
        Which row is what.
    rate_hz
        Sampling rate.
    counter
        Finds lost samples.
    clock
        Maps the board's stamps to the LSL clock.
    codes
        Names of marker values.
    """

    def __init__(
        self, layout: BoardLayout, rate_hz: float, counter: PackageCounter, clock: UnixToLsl, codes: MarkerCodes
    ) -> None:
        self._layout, self._rate_hz, self._counter, self._clock, self._codes = layout, rate_hz, counter, clock, codes
        self._held: list[NDArray[np.float64]] | None = [] if layout.package_number is not None else None
        self._index = 0
        self._last_unix_s: float | None = None

    def push(self, rows: NDArray[np.float64]) -> list[Chunk]:
        """Return the samples, shape (n_rows, n_samples), as chunks: a new one begins after every loss."""
        if self._held is None:
            return self._cut(rows)
        self._held.append(rows)
        return self.release() if sum(part.shape[1] for part in self._held) >= LEARN_SAMPLES else []

    def release(self) -> list[Chunk]:
        """Return what is still held back, for when no more is coming."""
        if not self._held:
            return []
        rows, self._held = np.concatenate(self._held, axis=1), None
        self._counter.learn(rows[self._layout.package_number])
        return self._cut(rows)

    def _cut(self, rows: NDArray[np.float64]) -> list[Chunk]:
        unix_s, n_samples = rows[self._layout.time], rows.shape[1]
        if not n_samples:
            return []
        lost = np.zeros(n_samples, dtype=np.int64)
        if self._layout.package_number is not None:
            lost = self._counter.losses(rows[self._layout.package_number], unix_s)
        flags = self._flags(unix_s, lost)
        times_s = self._clock.map(unix_s)
        starts = sorted({0, *np.flatnonzero(lost).tolist()})
        chunks = []
        for start, stop in zip(starts, [*starts[1:], n_samples], strict=True):
            part, gap = slice(start, stop), int(lost[start])
            markers = self._markers(rows[:, part], times_s[part])
            samples = rows[list(self._layout.signals), part].T
            chunk = make_chunk(
                samples, times_s[part], self._index + gap, flags=flags[part], gap_before=gap, markers=markers
            )
            self._index = chunk.end_index
            chunks.append(chunk)
        return chunks

    def _flags(self, unix_s: NDArray[np.float64], lost: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Flag samples before which the stamps jumped by more than the lost samples account for."""
        before_s = np.concatenate([[unix_s[0] if self._last_unix_s is None else self._last_unix_s], unix_s[:-1]])
        self._last_unix_s = float(unix_s[-1])
        jumped = np.abs(unix_s - before_s - lost / self._rate_hz) > CLOCK_JUMP_S
        return np.where(jumped, Flag.CLOCK_JUMP, Flag.NONE).astype(np.uint8)

    def _markers(self, rows: NDArray[np.float64], times_s: NDArray[np.float64]) -> tuple[Marker, ...]:
        if self._layout.marker is None:
            return ()
        values = rows[self._layout.marker]
        return tuple(
            Marker(float(times_s[i]), self._codes.label_of(float(values[i])), MARKER_STREAM)
            for i in np.flatnonzero(values)
        )
