"""Play a recording: XDF, EDF, BDF, GDF, BrainVision, EEGLAB, FIF, OpenBCI text, Muse CSV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from devices.pacing import Pacer, Speed
from devices.readers import mne_formats, muse_csv, openbci_text, xdf
from devices.recording_data import ReadOptions, Recording
from devices.source import SourceBase
from pipelines.errors import ConfigError, ConnectFailed, StreamEnded
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, Marker, StreamSpec, make_chunk

READERS: dict[str, Callable[[Path, ReadOptions], Recording]] = {
    suffix: module.read for module in (xdf, mne_formats, openbci_text, muse_csv) for suffix in module.SUFFIXES
}


class Settings(PluginSettings):
    """What to play, and how fast; samples and decisions depend on neither speed nor chunk size."""

    path: str = Field("", description="The file.")
    stream: str = Field("", description="XDF: name, type or number of the stream; empty: the first EEG stream.")
    start_s: float = Field(0.0, ge=0, description="Where to begin (s from the first sample).")
    stop_s: float | None = Field(None, gt=0, description="Where to end (s from the first sample); none: at the end.")
    speed: Speed = Field(1.0, description="1 is real time; 'max' is as fast as it is read.")
    loop: bool = Field(False, description="Begin again at the end; time and indices go on.")
    timestamps: Literal["original", "now"] = Field("original", description="The file's stamps, or stamps of now.")
    chunk_samples: int | None = Field(None, ge=1, description="Samples per chunk; none: 20 ms, at 'max' 1 s.")
    unit: Literal["", "uV", "mV", "V", "nV"] = Field("", description="Unit of the EEG where the file does not say.")
    rate_hz: float | None = Field(None, gt=0, description="Sampling rate where the file does not say (Hz).")


def open_recording(path: str | Path, options: ReadOptions | None = None) -> Recording:
    """Read a recording whole.

    Raises
    ------
    ConnectFailed
        If there is no such file, or no reader for its kind.
    RecordingError
        If its content is not what its name says.
    """
    file = Path(path)
    suffix = Path(file.stem).suffix.lower() if file.suffix.lower() == ".gz" else file.suffix.lower()
    if not file.is_file():
        raise ConnectFailed(f"{file}: there is no such file")
    if suffix not in READERS:
        raise ConnectFailed(
            f"{file}: files {suffix or 'without a suffix'} are not known; known are {', '.join(READERS)}"
        )
    return READERS[suffix](file, options or ReadOptions())


def embedded_session(path: str | Path) -> dict[str, Any] | None:
    """Return the session settings inside one of our own recordings; None in other files."""
    return xdf.embedded_session(Path(path))


class RecordingSource(SourceBase):
    """A file as a source."""

    def __init__(self, settings: Settings) -> None:
        if settings.stop_s is not None and settings.stop_s <= settings.start_s:
            raise ConfigError(f"recording: stop_s = {settings.stop_s:g} must be after start_s = {settings.start_s:g}")
        self._settings = settings
        self._pacer = Pacer(settings.speed)
        self._recording: Recording | None = None

    @property
    def is_live(self) -> bool:
        """Whether stamps are of now."""
        return self._settings.timestamps == "now" and self._settings.speed == 1.0

    def open(self) -> StreamSpec:
        """Read the file and stand at ``start_s``."""
        s = self._settings
        recording = open_recording(s.path, ReadOptions(s.stream, s.unit, s.rate_hz))
        elapsed_s = recording.times_s - recording.times_s[0] if len(recording.times_s) else recording.times_s
        self._start = int(np.searchsorted(elapsed_s, s.start_s))
        self._stop = len(elapsed_s) if s.stop_s is None else int(np.searchsorted(elapsed_s, s.stop_s))
        if self._start >= self._stop:
            raise ConnectFailed(f"{s.path}: holds no samples between {s.start_s:g} s and {s.stop_s or 'its end'}")
        self._indices = recording.indices()
        self._recording = recording
        rate = recording.spec.rate_hz
        self._chunk = s.chunk_samples or max(1, round(rate * (1.0 if s.speed == "max" else 0.02)))
        self._breaks = np.array(sorted(recording.losses), dtype=np.int64)
        self._row, self._shift, self._shift_s = self._start, 0, 0.0
        self._next_marker = int(np.searchsorted(self._marker_times(), recording.times_s[self._start]))
        self._origin = int(self._indices[self._start])
        self._pacer.start()
        return recording.spec

    def read(self, timeout_s: float) -> Chunk | None:
        """Return the next chunk once its last sample is due."""
        recording = self._recording
        if recording is None:
            raise ConnectFailed(f"{self._settings.path}: open() comes before read()")
        if self._row >= self._stop:
            if not self._settings.loop:
                raise StreamEnded(f"{self._settings.path} has been played to the end")
            self._rewind(recording)
        stop = min(self._row + self._chunk, self._stop)
        later = self._breaks[np.searchsorted(self._breaks, self._row, side="right") :]
        stop = min(stop, int(later[0])) if later.size else stop
        due_s = (int(self._indices[stop - 1]) + self._shift - self._origin + 1) / recording.spec.rate_hz
        if not self._pacer.wait_until_due(due_s, timeout_s):
            return None
        chunk = self._cut(recording, self._row, stop)
        self._row = stop
        return chunk

    def close(self) -> None:
        """Let go of the file; may be opened again, from the start."""
        self._recording = None

    def _cut(self, recording: Recording, start: int, stop: int) -> Chunk:
        # What was lost before the place where playing begins belongs to what is not played.
        gap = 0 if start == self._start else int(recording.losses.get(start, 0))
        indices = self._indices[start:stop] + self._shift
        return make_chunk(
            recording.samples[start:stop],
            self._times(recording, start, stop),
            int(indices[0]),
            flags=None if recording.flags is None else recording.flags[start:stop],
            gap_before=gap,
            markers=self._markers(recording, stop),
        )

    def _times(self, recording: Recording, start: int, stop: int) -> NDArray[np.float64]:
        if self._settings.timestamps == "original":
            return recording.times_s[start:stop] + self._shift_s
        past = self._indices[start:stop] + self._shift - self._origin + 1
        return self._pacer.start_s + past / recording.spec.rate_hz

    def _marker_times(self) -> NDArray[np.float64]:
        assert self._recording is not None
        return np.array([marker.time_s for marker in self._recording.markers])

    def _markers(self, recording: Recording, stop: int) -> tuple[Marker, ...]:
        """Markers up to the last row of the chunk; the recording's last chunk takes the rest."""
        end = len(recording.markers)
        if stop < len(recording.samples):
            end = int(np.searchsorted(self._marker_times(), recording.times_s[stop - 1], side="right"))
        due = recording.markers[self._next_marker : end]
        self._next_marker = max(end, self._next_marker)
        if self._settings.timestamps == "original" and not self._shift_s:
            return due
        rows = np.clip(np.searchsorted(recording.times_s, [m.time_s for m in due]), self._start, self._stop - 1)
        return tuple(
            replace(m, time_s=float(self._times(recording, int(r), int(r) + 1)[0]))
            for m, r in zip(due, rows, strict=True)
        )

    def _rewind(self, recording: Recording) -> None:
        """Play again: the first sample follows the last one without a gap."""
        self._shift += int(self._indices[self._stop - 1] - self._indices[self._start]) + 1
        length_s = float(recording.times_s[self._stop - 1] - recording.times_s[self._start])
        self._shift_s += length_s + 1 / recording.spec.rate_hz
        self._row = self._start
        self._next_marker = int(np.searchsorted(self._marker_times(), recording.times_s[self._start]))


def build(settings: Settings) -> RecordingSource:
    """Make the source; the file is read by ``open``."""
    return RecordingSource(settings)
