"""A simulated participant: EEG with known states, for demonstrations, tests and teaching."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from devices.pacing import Pacer, Speed
from devices.simulation.paradigm import Paradigm, states
from devices.simulation.participant import Participant
from devices.source import SourceBase
from pipelines.channel_names import canonical_name
from pipelines.errors import ConfigError, ConnectFailed, StreamEnded
from pipelines.plugins import PluginSettings
from pipelines.signal import Channel, Chunk, Marker, StreamSpec, make_chunk

TEN_TWENTY = tuple("Fp1 Fp2 F3 F4 F7 F8 T7 T8 C3 C4 P7 P8 P3 P4 O1 O2 Fz Cz Pz".split())


class Settings(PluginSettings):
    """Same settings, same seed, same samples: pacing and chunk size change nothing."""

    rate_hz: float = Field(250.0, ge=100, le=20000, description="Sampling rate (Hz).")
    channels: tuple[str, ...] = Field(TEN_TWENTY, min_length=1, description="10-10 electrode names.")
    paradigm: Paradigm = Field("workload", description="Which states follow one another.")
    first_rest_s: int = Field(20, ge=0, description="Rest at the start (s), for calibration.")
    block_s: int = Field(10, ge=1, description="Length of each state (s).")
    frequencies_hz: tuple[float, ...] = Field((13.0, 17.0, 21.0), min_length=1, description="Flicker of 'ssvep' (Hz).")
    seed: int = Field(0, ge=0, description="Seed of everything random.")
    speed: Speed = Field(1.0, description="1 is real time; 'max' is as fast as it is read.")
    chunk_samples: int | None = Field(None, ge=1, description="Samples per chunk; none: 20 ms, at speed 'max' 0.5 s.")
    duration_s: float | None = Field(None, gt=0, description="End after so many seconds; none: endless.")
    line_hz: float | None = Field(50.0, gt=0, description="Line frequency (Hz); none: no line noise.")
    blinks: bool = True
    muscle: bool = True
    drift: bool = True
    flat_channels: tuple[str, ...] = Field((), description="Electrodes that go flat at fault_start_s.")
    railed_channels: tuple[str, ...] = Field((), description="Electrodes that rail at fault_start_s.")
    nan_burst_s: float = Field(0.0, ge=0, description="Length of a burst of NaN that begins at fault_start_s (s).")
    drop_s: float = Field(0.0, ge=0, description="Length of a declared loss of samples at fault_start_s (s).")
    fault_start_s: float = Field(20.0, ge=0, description="When the faults above begin (s).")


class Synthetic(SourceBase):
    """The simulated participant as a source; the true state is a marker of the stream ``ground_truth``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        unknown = set(settings.flat_channels + settings.railed_channels) - set(settings.channels)
        if unknown:
            raise ConfigError(f"synthetic: faulty channels that do not exist: {', '.join(sorted(unknown))}")
        self._names = [canonical_name(name) for name in settings.channels]
        default = round(0.5 * settings.rate_hz) if settings.speed == "max" else max(1, round(0.02 * settings.rate_hz))
        self._chunk = settings.chunk_samples or default
        self._pacer: Pacer | None = None

    @property
    def is_live(self) -> bool:
        """Whether stamps are of now: at speed 1."""
        return self._settings.speed == 1.0

    def open(self) -> StreamSpec:
        """Begin with the first sample."""
        s = self._settings
        self._participant = Participant(
            s.rate_hz, self._names, s.seed, line_hz=s.line_hz, blinks=s.blinks, muscle=s.muscle, drift=s.drift
        )
        self._states = states(s.paradigm, s.frequencies_hz, s.seed)
        self._state, self._state_left_s = ("eyes_open" if s.paradigm == "eyes" else "rest"), s.first_rest_s
        self._told = ""
        self._index = 0
        self._second = 0
        self._rows: NDArray[np.float32] = np.zeros((0, len(self._names)), np.float32)
        self._rows_from = 0
        self._truth: list[tuple[int, str]] = []
        self._pacer = Pacer(s.speed)
        channels = tuple(Channel(name) for name in self._names)
        return StreamSpec(s.rate_hz, channels, f"synthetic-{s.paradigm}-{s.seed}", "average")

    def read(self, timeout_s: float) -> Chunk | None:
        """Return the next chunk once its last sample is due."""
        if self._pacer is None:
            raise ConnectFailed("synthetic: open() comes before read()")
        s = self._settings
        left = self._chunk if s.duration_s is None else min(self._chunk, round(s.duration_s * s.rate_hz) - self._index)
        if left <= 0:
            raise StreamEnded(f"the simulated participant has finished after {s.duration_s:g} s")
        drop_from, drop = round(s.fault_start_s * s.rate_hz), round(s.drop_s * s.rate_hz)
        gap = 0
        if drop and self._index <= drop_from < self._index + left:
            left = drop_from - self._index
            if left == 0:
                gap, left = drop, self._chunk
        stop = self._index + gap + left
        if not self._pacer.wait_until_due(stop / s.rate_hz, timeout_s):
            return None
        self._make_until(stop)
        first = self._index + gap
        rows = self._rows[first - self._rows_from : stop - self._rows_from]
        chunk = make_chunk(rows, self._times(first, stop), first, gap_before=gap, markers=self._markers(stop))
        self._index = stop
        return chunk

    def close(self) -> None:
        """Stop; may be opened again, from the first sample."""
        self._pacer = None

    def _times(self, start: int, stop: int) -> NDArray[np.float64]:
        assert self._pacer is not None
        return self._pacer.start_s + np.arange(start + 1, stop + 1) / self._settings.rate_hz

    def _markers(self, stop: int) -> tuple[Marker, ...]:
        due = [(index, label) for index, label in self._truth if index < stop]
        self._truth = self._truth[len(due) :]
        return tuple(Marker(float(self._times(i, i + 1)[0]), label, "ground_truth") for i, label in due)

    def _make_until(self, stop: int) -> None:
        """Make whole seconds until ``stop``; drop what has been delivered."""
        s = self._settings
        kept = [self._rows[self._index - self._rows_from :]]
        self._rows_from = self._index
        while self._rows_from + sum(map(len, kept)) < stop:
            if self._state_left_s == 0:
                self._state, self._state_left_s = next(self._states), s.block_s
            begin, end = (round(second * s.rate_hz) for second in (self._second, self._second + 1))
            if self._state != self._told:
                self._truth.append((begin, self._state))
                self._told = self._state
            block = self._participant.block(self._state, end - begin)
            self._spoil(block, begin)
            kept.append(block)
            self._second += 1
            self._state_left_s -= 1
        self._rows = np.vstack(kept)

    def _spoil(self, block: NDArray[np.float32], first: int) -> None:
        """Put the faults that were asked for into a block."""
        s = self._settings
        seconds = (first + np.arange(len(block))) / s.rate_hz
        after = seconds >= s.fault_start_s
        for name in s.flat_channels:
            block[after, s.channels.index(name)] = 0.0
        for name in s.railed_channels:
            block[after, s.channels.index(name)] = 187500.0
        block[after & (seconds < s.fault_start_s + s.nan_burst_s)] = np.nan


def build(settings: Settings) -> Synthetic:
    """Make the source."""
    return Synthetic(settings)
