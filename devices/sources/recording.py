"""Play a recording: XDF, EDF, BDF, GDF, BrainVision, EEGLAB, FIF, OpenBCI text, Muse and BrainFlow CSV."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from devices.pacing import Pacer, Speed
from devices.playback import Outline, Playback, PlaybackState
from devices.readers import csv_tables, mne_formats, openbci_text, xdf
from devices.recording_data import ReadOptions, Recording, ScaledRows, Span
from devices.source import SourceBase
from pipelines.errors import ConfigError, ConnectFailed, StreamEnded
from pipelines.plugins import PluginSettings
from pipelines.signal import MICROVOLTS_PER, Chunk, Marker, StreamSpec, make_chunk

READERS: dict[str, Callable[[Path, ReadOptions], Recording]] = {
    suffix: module.read for module in (xdf, mne_formats, openbci_text, csv_tables) for suffix in module.SUFFIXES
}
HEADER_OF = {".eeg": ".vhdr", ".vmrk": ".vhdr", ".fdt": ".set"}
"""Files that come with another one, which is the one to open."""
CHUNK_S, MOST_CHUNK_S = 0.02, 1.0
"""Length of a chunk in time of the clock, and the most in time of the signal (s)."""


class Settings(PluginSettings):
    """What to play, and how fast; samples and decisions depend on neither speed nor chunk size."""

    path: str = Field("", description="The file.")
    stream: str = Field("", description="XDF: name, type or number of the stream; empty: the first EEG stream.")
    start_s: float = Field(0.0, ge=0, description="Where to begin (s from the first sample).")
    stop_s: float | None = Field(None, gt=0, description="Where to end (s from the first sample); none: at the end.")
    speed: Speed = Field(1.0, description="1 is real time; 'max' is as fast as it is read.")
    loop: bool = Field(False, description="Begin again at the end; time and indices go on.")
    wait_at_end: bool = Field(False, description="Pause at the end instead of ending the session.")
    timestamps: Literal["original", "now"] = Field(
        "original", description="The file's stamps, or stamps that begin now; live only at speed 1."
    )
    chunk_samples: int | None = Field(
        None, ge=1, description="Samples per chunk; none: 20 ms of the clock, but 1 s of signal at most."
    )
    unit: Literal["", "uV", "mV", "V", "nV"] = Field("", description="Unit of the EEG where the file does not say.")
    scale: float = Field(1.0, gt=0, description="Multiply voltages by this, where the unit in the file is wrong.")
    rate_hz: float | None = Field(None, gt=0, description="Sampling rate where the file does not say (Hz).")
    columns: dict[str, int] = Field(
        default_factory=dict, description="CSV without a header: channel name → column, counted from 0."
    )
    time_column: int | None = Field(None, ge=0, description="CSV without a header: column of UNIX time (s).")
    marker_column: int | None = Field(None, ge=0, description="CSV without a header: column of marker codes.")

    def options(self) -> ReadOptions:
        """Return what is for the reader."""
        return ReadOptions(
            self.stream, self.unit, self.rate_hz, self.columns, self.time_column, self.marker_column, self.scale
        )


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
    wanted = options or ReadOptions()
    return _scaled(READERS[suffix](file, wanted), wanted.scale)


def _scaled(recording: Recording, scale: float) -> Recording:
    """Return a recording whose voltages are multiplied when they are read."""
    if scale == 1.0:
        return recording
    voltages = [channel.kind == "eeg" or channel.unit in MICROVOLTS_PER for channel in recording.spec.channels]
    factors = np.where(voltages, scale, 1.0).astype(np.float32)
    return replace(recording, samples=ScaledRows(recording.samples, factors))


def embedded_session(path: str | Path) -> dict[str, Any] | None:
    """Return the session settings inside one of our own recordings; None in other files."""
    return xdf.embedded_session(Path(path))


def recorded_decisions(path: str | Path) -> tuple[Span, ...]:
    """Return the decisions inside one of our own recordings, on its clock; none in other files."""
    return xdf.recorded_decisions(Path(path))


class RecordingSource(SourceBase):
    """A file as a source; a :class:`devices.playback.Player` once it is open."""

    def __init__(self, settings: Settings) -> None:
        if settings.stop_s is not None and settings.stop_s <= settings.start_s:
            raise ConfigError(f"recording: stop_s = {settings.stop_s:g} must be after start_s = {settings.start_s:g}")
        self._settings = settings
        self._playback: Playback | None = None
        self._set_going()

    def _set_going(self) -> None:
        self._pacer = Pacer(self._settings.speed)
        self._loop = self._settings.loop
        self._paused = False
        self._step_row: int | None = None

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
        self._playback = Playback(open_recording(s.path, s.options()), s.start_s, s.stop_s, s.path)
        self._set_going()
        self._pacer.start()
        return self._playback.recording.spec

    def read(self, timeout_s: float) -> Chunk | None:
        """Return the next chunk once its last sample is due; None while it is paused."""
        play = self._opened()
        if self._step_row == play.row:
            self._hold()
        if play.at_end and not self._paused:
            self._turn(play)
        if self._paused:
            time.sleep(timeout_s)
            return None
        stop = play.end_of_next(self._chunk_samples(play))
        if self._step_row is not None:
            stop = min(stop, self._step_row)
        elif not self._pacer.wait_until_due(play.due_s(stop), timeout_s):
            return None
        chunk = self._cut(play, stop)
        play.taken(stop)
        return chunk

    def close(self) -> None:
        """Let go of the file; may be opened again, from the start."""
        self._playback = None

    @property
    def playback(self) -> PlaybackState:
        """Where and how it is played."""
        play = self._opened()
        return PlaybackState(
            start_s=float(play.elapsed_s[play.start]),
            stop_s=float(play.elapsed_s[play.stop - 1]) + play.period_s,
            speed=self._pacer.speed,
            paused=self._paused,
            loop=self._loop,
            origin_s=float(play.recording.times_s[0]) + play.shift_s,
            index_offset=play.index_offset,
            jumps=play.jumps,
            shift=play.shift,
        )

    @property
    def position_s(self) -> float:
        """Seconds from the recording's first sample to the next one that is delivered."""
        play = self._opened()
        return self.playback.stop_s if play.at_end else float(play.elapsed_s[play.row])

    def outline(self) -> Outline:
        """Return what is in the recording."""
        play = self._opened()
        times_s, losses = play.recording.times_s, play.recording.losses
        zero_s = float(times_s[0])
        return Outline(
            path=self._settings.path,
            length_s=float(times_s[-1]) - zero_s + play.period_s,
            markers=tuple(replace(m, time_s=m.time_s - zero_s) for m in play.recording.markers),
            decisions=tuple(
                replace(one, start_s=one.start_s - zero_s, end_s=one.end_s - zero_s)
                for one in recorded_decisions(self._settings.path)
            ),
            losses_s=tuple(
                (float(times_s[row - 1]) - zero_s, float(times_s[row]) - zero_s) for row in sorted(losses) if row > 0
            ),
        )

    def pause(self) -> None:
        """Deliver nothing until told to.

        Raises
        ------
        ConfigError
            If stamps are of now.
        """
        self._controlled()
        self._hold()

    def resume(self) -> None:
        """Go on from where it stands; at the end, from the start.

        Raises
        ------
        ConfigError
            If stamps are of now.
        """
        play = self._controlled()
        if play.at_end:
            play.jump(self._settings.start_s)
        self._paused, self._step_row = False, None
        self._pacer.start(play.begins_s())

    def seek(self, to_s: float) -> None:
        """Go on from another place (s from the first sample), held to what is played of the recording.

        Raises
        ------
        ConfigError
            If stamps are of now.
        """
        play = self._controlled()
        play.jump(to_s)
        self._step_row = None
        self._pacer.start(play.begins_s())

    def step(self, duration_s: float) -> None:
        """Deliver so many seconds at once, then pause.

        Raises
        ------
        ConfigError
            If stamps are of now.
        """
        play = self._controlled()
        if play.at_end:
            return
        # Counted as the stream counts, lost samples with the rest, so that windows keep their places.
        end = int(play.indices[play.row]) + max(1, round(duration_s / play.period_s))
        self._step_row = min(int(np.searchsorted(play.indices, end)), play.stop)
        self._step_row = max(self._step_row, play.row + 1)
        self._paused = False

    def set_speed(self, speed: Speed) -> None:
        """Play faster or slower.

        Raises
        ------
        ConfigError
            If it is no positive number and not ``"max"``, or stamps are of now.
        """
        play = self._controlled()
        self._pacer = Pacer(speed)
        self._pacer.start(play.begins_s())

    def set_loop(self, *, on: bool) -> None:
        """Begin again at the end, or do not."""
        self._loop = on

    def _hold(self) -> None:
        self._paused, self._step_row = True, None

    def _opened(self) -> Playback:
        if self._playback is None:
            raise ConnectFailed(f"{self._settings.path}: open() comes before read()")
        return self._playback

    def _controlled(self) -> Playback:
        if self._settings.timestamps == "now":
            raise ConfigError(
                f"{self._settings.path} is played with timestamps = 'now' and cannot leave its pace; "
                "play it with timestamps = 'original'"
            )
        return self._opened()

    def _turn(self, play: Playback) -> None:
        """At the end: begin again, wait, or say that it is over."""
        if self._loop:
            play.rewind()
        elif self._settings.wait_at_end:
            self._hold()
        else:
            raise StreamEnded(f"{self._settings.path} has been played to the end")

    def _chunk_samples(self, play: Playback) -> int:
        speed = self._pacer.speed
        seconds = MOST_CHUNK_S if speed == "max" else min(CHUNK_S * max(1.0, speed), MOST_CHUNK_S)
        return self._settings.chunk_samples or max(1, round(play.recording.spec.rate_hz * seconds))

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
