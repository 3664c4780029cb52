"""Play a recording: XDF, EDF, BDF, GDF, BrainVision, EEGLAB, FIF, OpenBCI text, Muse and BrainFlow CSV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from devices.pacing import Pacer, Speed
from devices.readers import csv_tables, mne_formats, openbci_text, xdf
from devices.recording_data import ReadOptions, Recording, Span
from devices.source import SourceBase
from pipelines.errors import ConfigError, ConnectFailed, StreamEnded
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, Marker, StreamSpec, make_chunk

READERS: dict[str, Callable[[Path, ReadOptions], Recording]] = {
    suffix: module.read for module in (xdf, mne_formats, openbci_text, csv_tables) for suffix in module.SUFFIXES
}
HEADER_OF = {".eeg": ".vhdr", ".vmrk": ".vhdr", ".fdt": ".set"}
"""Files that come with another one, which is the one to open."""


class Settings(PluginSettings):
    """What to play, and how fast; samples and decisions depend on neither speed nor chunk size."""

    path: str = Field("", description="The file.")
    stream: str = Field("", description="XDF: name, type or number of the stream; empty: the first EEG stream.")
    start_s: float = Field(0.0, ge=0, description="Where to begin (s from the first sample).")
    stop_s: float | None = Field(None, gt=0, description="Where to end (s from the first sample); none: at the end.")
    speed: Speed = Field(1.0, description="1 is real time; 'max' is as fast as it is read.")
    loop: bool = Field(False, description="Begin again at the end; time and indices go on.")
    timestamps: Literal["original", "now"] = Field(
        "original", description="The file's stamps, or stamps that begin now; live only at speed 1."
    )
    chunk_samples: int | None = Field(None, ge=1, description="Samples per chunk; none: 20 ms, at 'max' 1 s.")
    unit: Literal["", "uV", "mV", "V", "nV"] = Field("", description="Unit of the EEG where the file does not say.")
    rate_hz: float | None = Field(None, gt=0, description="Sampling rate where the file does not say (Hz).")
    columns: dict[str, int] = Field(
        default_factory=dict, description="CSV without a header: channel name → column, counted from 0."
    )
    time_column: int | None = Field(None, ge=0, description="CSV without a header: column of UNIX time (s).")
    marker_column: int | None = Field(None, ge=0, description="CSV without a header: column of marker codes.")

    def options(self) -> ReadOptions:
        """Return what is for the reader."""
        return ReadOptions(self.stream, self.unit, self.rate_hz, self.columns, self.time_column, self.marker_column)


def open_recording(path: str | Path, options: ReadOptions | None = None) -> Recording:
    """Open a recording.

    Raises
    ------
    ConnectFailed
        If there is no such file, or no reader for its kind.
    RecordingError
        If its content is not what its name says.
    """
    file = Path(path)
    suffix = Path(file.stem).suffix.lower() if file.suffix.lower() == ".gz" else file.suffix.lower()
    if not str(path):
        raise ConnectFailed("recording: path is not set; name the file to play")
    if not file.is_file():
        raise ConnectFailed(f"{file}: there is no such file")
    if suffix in HEADER_OF:
        raise ConnectFailed(f"{file}: open the {HEADER_OF[suffix]} file beside it instead")
    if suffix not in READERS:
        raise ConnectFailed(
            f"{file}: files {suffix or 'without a suffix'} are not known; known are {', '.join(READERS)}"
        )
    return READERS[suffix](file, options or ReadOptions())


def embedded_session(path: str | Path) -> dict[str, Any] | None:
    """Return the session settings inside one of our own recordings; None in other files."""
    return xdf.embedded_session(Path(path))


def recorded_decisions(path: str | Path) -> tuple[Span, ...]:
    """Return the decisions inside one of our own recordings, on its clock; none in other files."""
    return xdf.recorded_decisions(Path(path))


class Playback:
    """Where a recording is being played: which row comes next, and what has to be added after a loop.

    Raises
    ------
    ConnectFailed
        If there is nothing between start and stop.
    """

    def __init__(self, recording: Recording, settings: Settings) -> None:
        self.recording = recording
        self.period_s = 1 / recording.spec.rate_hz
        times_s = recording.times_s
        elapsed_s = times_s - times_s[:1]
        stop_s = np.inf if settings.stop_s is None else settings.stop_s
        self.start = int(np.searchsorted(elapsed_s, settings.start_s))
        self.stop = int(np.searchsorted(elapsed_s, stop_s))
        if self.start >= self.stop:
            length_s = float(elapsed_s[-1]) if len(elapsed_s) else 0.0
            raise ConnectFailed(
                f"{settings.path}: holds no samples between start_s = {settings.start_s:g} and stop_s = {stop_s:g}; "
                f"it is {length_s:.3f} s long"
            )
        self.indices = recording.indices()
        self.origin = int(self.indices[self.start])
        self._breaks = np.array(sorted(recording.losses), dtype=np.int64)
        self._marker_times = np.array([marker.time_s for marker in recording.markers])
        self.row = self.start
        self.shift, self.shift_s = 0, 0.0
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
        self.row = self.start
        self._next_marker = self._first_marker()

    def end_of_next(self, chunk_samples: int) -> int:
        """Return the row after the next chunk; losses stand between chunks."""
        later = self._breaks[np.searchsorted(self._breaks, self.row, side="right") :]
        stop = min(self.row + chunk_samples, self.stop)
        return min(stop, int(later[0])) if later.size else stop

    def due_s(self, stop: int) -> float:
        """Time since the first sample played (s) at which the row before ``stop`` is complete."""
        return float(self.indices[stop - 1] + self.shift - self.origin + 1) * self.period_s

    def gap_before(self) -> int:
        """Samples missing before the next row; those before the place where playing begins are not played."""
        begins = self.row == self.start and (self.start > 0 or self.shift > 0)
        return 0 if begins else int(self.recording.losses.get(self.row, 0))

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
        if self.start == 0:
            return 0
        return int(np.searchsorted(self._marker_times, self.recording.times_s[self.start - 1], side="right"))


class RecordingSource(SourceBase):
    """A file as a source."""

    def __init__(self, settings: Settings) -> None:
        if settings.stop_s is not None and settings.stop_s <= settings.start_s:
            raise ConfigError(f"recording: stop_s = {settings.stop_s:g} must be after start_s = {settings.start_s:g}")
        self._settings = settings
        self._pacer = Pacer(settings.speed)
        self._playback: Playback | None = None
        self._chunk_samples = 1

    @property
    def is_live(self) -> bool:
        """Whether stamps are of now."""
        return self._settings.timestamps == "now" and self._pacer.is_real_time

    def open(self) -> StreamSpec:
        """Open the file and stand at ``start_s``.

        Raises
        ------
        ConnectFailed
            If there is no such file, or nothing in it to play.
        RecordingError
            If it cannot be read.
        """
        s = self._settings
        self._playback = Playback(open_recording(s.path, s.options()), s)
        spec = self._playback.recording.spec
        seconds = 1.0 if s.speed == "max" else 0.02
        self._chunk_samples = s.chunk_samples or max(1, round(spec.rate_hz * seconds))
        self._pacer.start()
        return spec

    def read(self, timeout_s: float) -> Chunk | None:
        """Return the next chunk once its last sample is due."""
        play = self._playback
        if play is None:
            raise ConnectFailed(f"{self._settings.path}: open() comes before read()")
        if play.at_end:
            if not self._settings.loop:
                raise StreamEnded(f"{self._settings.path} has been played to the end")
            play.rewind()
        stop = play.end_of_next(self._chunk_samples)
        if not self._pacer.wait_until_due(play.due_s(stop), timeout_s):
            return None
        chunk = self._cut(play, stop)
        play.row = stop
        return chunk

    def close(self) -> None:
        """Let go of the file; may be opened again, from the start."""
        self._playback = None

    def _cut(self, play: Playback, stop: int) -> Chunk:
        recording, start = play.recording, play.row
        markers = tuple(replace(m, time_s=self._marker_time(play, m)) for m in play.take_markers(stop))
        return make_chunk(
            recording.samples[start:stop],
            self._times(play, start, stop),
            int(play.indices[start]) + play.shift,
            flags=None if recording.flags is None else recording.flags[start:stop],
            gap_before=play.gap_before(),
            markers=markers,
        )

    def _times(self, play: Playback, start: int, stop: int) -> NDArray[np.float64]:
        if self._settings.timestamps == "original":
            return play.recording.times_s[start:stop] + play.shift_s
        past = (play.indices[start:stop] + play.shift - play.origin + 1).astype(np.float64)
        return self._pacer.start_s + past * play.period_s

    def _marker_time(self, play: Playback, marker: Marker) -> float:
        if self._settings.timestamps == "original":
            return marker.time_s + play.shift_s
        row = play.row_at(marker.time_s)
        return float(self._times(play, row, row + 1)[0])


def build(settings: Settings) -> RecordingSource:
    """Make the source; the file is opened by ``open``."""
    return RecordingSource(settings)
