"""Playing a recording: which row comes next, what a jump or a loop adds, and how a player is told what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from devices.pacing import Speed
from devices.recording_data import Recording, Span
from pipelines.errors import ConnectFailed
from pipelines.signal import Marker


@dataclass(frozen=True, slots=True)
class PlaybackState:
    """Where and how a recording is being played; seconds count from the recording's first sample.

    Parameters
    ----------
    start_s, stop_s
        What is played of it.
    speed, paused, loop
        How; at the end of a recording that waits there, ``paused`` is true.
    origin_s
        Stamp, in the stream as it goes now, of the recording's first sample: position = stamp - origin.
    index_offset
        What the last jump has put between the indices of the stream and those of the file.
    shift
        What jumps and loops have put there in all.
    jumps
        How often it was sent elsewhere; loops do not count.
    """

    start_s: float
    stop_s: float
    speed: Speed
    paused: bool
    loop: bool
    origin_s: float
    index_offset: int
    jumps: int
    shift: int = 0


@dataclass(frozen=True, slots=True)
class Outline:
    """What can be known of a recording before it is played; seconds count from its first sample.

    Parameters
    ----------
    path
        The file.
    length_s
        From the first sample to the last.
    markers
        All of them.
    decisions
        Those that our own recorder wrote, as ``decision/<class>`` or ``decision/none``.
    losses_s
        Stretches that were lost, by begin and end.
    """

    path: str
    length_s: float
    markers: tuple[Marker, ...] = ()
    decisions: tuple[Span, ...] = ()
    losses_s: tuple[tuple[float, float], ...] = ()


@runtime_checkable
class Player(Protocol):
    """What a source that plays a recording offers besides :class:`devices.source.Source`, once it is open."""

    @property
    def playback(self) -> PlaybackState:
        """Where and how it is played."""
        ...

    @property
    def position_s(self) -> float:
        """Seconds from the recording's first sample to the next one that is delivered."""
        ...

    def outline(self) -> Outline:
        """Return what is in the recording."""
        ...

    def pause(self) -> None:
        """Deliver nothing until told to."""
        ...

    def resume(self) -> None:
        """Go on from where it stands; at the end, from the start."""
        ...

    def seek(self, to_s: float) -> None:
        """Go on from another place (s from the first sample), held to what is played of the recording."""
        ...

    def step(self, duration_s: float) -> None:
        """Deliver so many seconds at once, then pause."""
        ...

    def set_speed(self, speed: Speed) -> None:
        """Play faster or slower.

        Raises
        ------
        ConfigError
            If it is no positive number and not ``"max"``.
        """
        ...

    def set_loop(self, *, on: bool) -> None:
        """Begin again at the end, or do not."""
        ...


class Playback:
    """Where a recording is being played: which row comes next, and what has to be added after a loop or a jump.

    Parameters
    ----------
    recording
        What is played.
    start_s, stop_s
        What is played of it (s from its first sample); ``stop_s`` None: to the end.
    path
        For messages.

    Raises
    ------
    ConnectFailed
        If there is nothing between start and stop.
    """

    def __init__(self, recording: Recording, start_s: float, stop_s: float | None, path: str) -> None:
        self.recording = recording
        self.period_s = 1 / recording.spec.rate_hz
        times_s = recording.times_s
        self.elapsed_s = times_s - times_s[:1]
        end_s = np.inf if stop_s is None else stop_s
        self.start = int(np.searchsorted(self.elapsed_s, start_s))
        self.stop = int(np.searchsorted(self.elapsed_s, end_s))
        if self.start >= self.stop:
            length_s = float(self.elapsed_s[-1]) if len(self.elapsed_s) else 0.0
            raise ConnectFailed(
                f"{path}: holds no samples between start_s = {start_s:g} and stop_s = {end_s:g}; "
                f"it is {length_s:.3f} s long"
            )
        self.indices = recording.indices()
        self.origin = int(self.indices[self.start])
        self._breaks = np.array(sorted(recording.losses), dtype=np.int64)
        self._marker_times = np.array([marker.time_s for marker in recording.markers])
        self.row = self.start
        self.shift, self.shift_s = 0, 0.0
        self.index_offset = self.jumps = 0
        self._jumped = self._again = False
        self._begun_at = self.start
        self._next_marker = self._first_marker()

    @property
    def at_end(self) -> bool:
        """Whether the last row has been taken."""
        return self.row >= self.stop

    def rewind(self) -> None:
        """Play again: the first sample follows the last one without a gap."""
        self.shift += int(self.indices[self.stop - 1] - self.indices[self.start]) + 1
        self.shift_s += (
            float(self.recording.times_s[self.stop - 1] - self.recording.times_s[self.start]) + self.period_s
        )
        self._again = True
        self._place(self.start)

    def jump(self, to_s: float) -> None:
        """Go to the first row at or after a time (s from the first sample); one sample is declared missing there.

        Indices and stamps of the stream go on, those of the file are found by ``index_offset`` and ``shift_s``.
        """
        row = int(np.clip(np.searchsorted(self.elapsed_s, to_s), self.start, self.stop - 1))
        times_s, indices = self.recording.times_s, self.indices
        if self.row != self._begun_at:
            last = self.row - 1
            self.shift += int(indices[last] - indices[row]) + 2
            self.shift_s += float(times_s[last] - times_s[row]) + 2 * self.period_s
            self._jumped = self._again = True
        elif self._again:  # nothing has come from here yet: what follows is put in its place
            self.shift += int(indices[self.row] - indices[row]) + (not self._jumped)
            self.shift_s += float(times_s[self.row] - times_s[row]) + self.period_s * (not self._jumped)
            self._jumped = True
        else:  # nothing has been played at all: it begins there
            self.origin = int(indices[row])
        self.index_offset = self.shift
        self.jumps += 1
        self._place(row)

    def _place(self, row: int) -> None:
        self.row = self._begun_at = row
        self._next_marker = self._first_marker()

    def end_of_next(self, chunk_samples: int) -> int:
        """Return the row after the next chunk; losses stand between chunks."""
        later = self._breaks[np.searchsorted(self._breaks, self.row, side="right") :]
        stop = min(self.row + chunk_samples, self.stop)
        return min(stop, int(later[0])) if later.size else stop

    def due_s(self, stop: int) -> float:
        """Time since the first sample played (s) at which the row before ``stop`` is complete."""
        return float(self.indices[stop - 1] + self.shift - self.origin + 1) * self.period_s

    def begins_s(self) -> float:
        """Time since the first sample played (s) at which the next row begins."""
        return float(self.indices[min(self.row, self.stop - 1)] + self.shift - self.origin) * self.period_s

    def gap_before(self) -> int:
        """Samples missing before the next row; those before the place where playing begins are not played."""
        if self.row != self._begun_at:
            return int(self.recording.losses.get(self.row, 0))
        if self._jumped:
            return 1
        return 0 if self.row > 0 or self._again else int(self.recording.losses.get(self.row, 0))

    def taken(self, stop: int) -> None:
        """Note that the rows up to ``stop`` have been delivered."""
        self.row = stop
        self._jumped = False

    def take_markers(self, stop: int) -> tuple[Marker, ...]:
        """Markers up to the row before ``stop``; the recording's last row takes the rest."""
        end = len(self._marker_times)
        if stop < len(self.recording.times_s):
            end = int(np.searchsorted(self._marker_times, self.recording.times_s[stop - 1], side="right"))
        taken = self.recording.markers[self._next_marker : end]
        self._next_marker = max(end, self._next_marker)
        return taken

    def row_at(self, time_s: float) -> int:
        """Row that is played at or just after a time of the file (s)."""
        return int(np.clip(np.searchsorted(self.recording.times_s, time_s), self.start, self.stop - 1))

    def _first_marker(self) -> int:
        """Markers before the first sample of the recording belong to it."""
        if self.row == 0:
            return 0
        return int(np.searchsorted(self._marker_times, self.recording.times_s[self.row - 1], side="right"))
