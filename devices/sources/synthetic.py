"""A simulated participant: EEG with known task states, at any rate and montage, without any hardware."""

from __future__ import annotations

from collections import deque
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from devices.pacing import Pacer
from devices.simulation.evoked import EVOKING, EvokedResponses
from devices.simulation.faults import Faults
from devices.simulation.head import Head
from devices.simulation.participant import Nuisances, Participant
from devices.simulation.schedule import Paradigm, Schedule
from devices.source import SourceBase
from pipelines.errors import ChannelMismatch, ConfigError, DeviceError, StreamEnded
from pipelines.montage import positions
from pipelines.plugins import PluginSettings
from pipelines.signal import Channel, Chunk, Marker, StreamSpec, make_chunk

TEN_TWENTY = tuple("Fp1 Fp2 F3 F4 F7 F8 T7 T8 C3 C4 P7 P8 P3 P4 O1 O2 Fz Cz Pz".split())
GROUND_TRUTH = "ground_truth"
CHUNK_S = 0.04
CHUNK_AT_MAX_S = 1.0

Seconds = Annotated[float, Field(ge=0)]
Span = tuple[Seconds, Seconds]


class Settings(PluginSettings):
    """Who is simulated, what the person does, what disturbs the signal and how fast it comes."""

    rate_hz: float = Field(250.0, ge=64, le=50_000)
    """Sampling rate."""
    channels: tuple[str, ...] = Field(TEN_TWENTY, min_length=1)
    """Electrodes of the 10-05 system."""
    paradigm: Paradigm = "workload"
    """``workload``: rest and mental_arithmetic in turn; ``eyes``: eyes_open and eyes_closed in turn; ``imagery``: rest,
    left_hand and right_hand shuffled; ``ssvep``: rest and looking at each flicker shuffled; ``rest``: rest; ``cued``:
    what markers set during the session say (any of these states, and ``target``, which evokes a P300)."""
    block_s: float = Field(10.0, gt=0)
    """Length of each state after the first."""
    first_rest_s: float = Field(20.0, gt=0)
    """Length of the first state, long enough to calibrate a decoder."""
    frequencies_hz: tuple[Annotated[float, Field(gt=0)], ...] = (13.0, 17.0, 21.0)
    """Flicker frequencies that ``ssvep`` and ``cued`` respond to."""
    seed: int = Field(0, ge=0)
    """The same seed gives the same person, bit for bit."""
    speed: Annotated[float, Field(gt=0)] | Literal["max"] = 1.0
    """1.0 real time, 2.0 twice as fast, ``"max"`` as fast as it is read."""
    chunk_samples: int | None = Field(None, ge=1)
    """Samples per delivered chunk; None: 40 ms, or 1 s at speed ``"max"``. The samples do not depend on it."""
    duration_s: float | None = Field(None, gt=0)
    """Length of the stream; None: it never ends."""
    blinks: bool = True
    """Whether the person blinks."""
    muscle: bool = True
    """Whether forehead and jaw muscles are active."""
    line_noise: bool = True
    """Whether mains hum is picked up."""
    line_hz: float = Field(50.0, gt=0)
    """Mains frequency: 50 or 60."""
    drift: bool = True
    """Whether electrode potentials drift."""
    flat_channels: tuple[str, ...] = ()
    """Channels that go dead."""
    flat_from_s: Seconds = 0.0
    """When they do."""
    railed_channels: tuple[str, ...] = ()
    """Channels that saturate the amplifier."""
    railed_from_s: Seconds = 0.0
    """When they do."""
    nan_burst: Span | None = None
    """Start (s) and length (s) of a stretch in which every value is NaN."""
    drop: Span | None = None
    """Start (s) and length (s) of a stretch that never arrives; the chunk after it declares the gap."""


class SyntheticSource(SourceBase):
    """Plays a :class:`~devices.simulation.participant.Participant`; opening it again starts from the beginning.

    Ground truth comes as markers of the stream ``ground_truth``, one at the first sample of every state, labelled with
    the state's name. In real time stamps are the LSL clock of now; at any other speed they are stream time from 0.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._check()
        self._pacer = Pacer(settings.speed)
        self._length = None if settings.duration_s is None else self._index(settings.duration_s)
        seconds = CHUNK_AT_MAX_S if settings.speed == "max" else CHUNK_S
        self._chunk_length = settings.chunk_samples or max(1, self._index(seconds))
        self._faults = self._make_faults()
        self._participant: Participant | None = None
        self._evoked: EvokedResponses | None = None
        self._schedule: Schedule | None = None
        self._stock: deque[NDArray[np.float32]] = deque()
        self._n_stock = self._position = self._marked_until = self._gap = 0

    @property
    def is_live(self) -> bool:
        """True in real time, False at any other speed."""
        return self._pacer.is_real_time

    def open(self) -> StreamSpec:
        """Start the participant anew."""
        s = self._settings
        frequencies_hz = self._flickers_hz()
        self._schedule = Schedule(s.paradigm, s.rate_hz, s.block_s, s.first_rest_s, frequencies_hz, [s.seed, 7])
        self._participant = Participant(
            s.channels,
            s.rate_hz,
            self._schedule,
            frequencies_hz=frequencies_hz,
            nuisances=Nuisances(s.blinks, s.muscle, s.line_noise, s.drift, s.line_hz),
            faults=self._faults,
            seed=s.seed,
        )
        self._evoked = EvokedResponses(Head(s.channels), s.rate_hz, [s.seed, 10]) if s.paradigm == "cued" else None
        self._stock.clear()
        self._n_stock = self._position = self._marked_until = self._gap = 0
        self._pacer.start()
        channels = tuple(Channel(name) for name in s.channels)
        return StreamSpec(s.rate_hz, channels, f"synthetic-{s.paradigm}-{s.seed}", "linked ears")

    def read(self, timeout_s: float) -> Chunk | None:
        """Return the next chunk when its last sample is due, waiting at most ``timeout_s`` for it.

        Raises
        ------
        DeviceError
            If it is not open.
        StreamEnded
            After ``duration_s``.
        """
        if self._participant is None:
            raise DeviceError("synthetic: read before open; call open() first")
        self._skip_lost()
        if self._length is not None and self._position >= self._length:
            raise StreamEnded(f"the simulated participant has finished after {self._settings.duration_s:g} s")
        stop = self._chunk_stop()
        # Computed before it is due, so that computing never makes it late.
        self._fill(stop - self._position, self._participant)
        if not self._pacer.wait_until_due((stop - 1) / self._settings.rate_hz, timeout_s):
            return None
        return self._take(stop)

    def insert_marker(self, label: str, time_s: float | None = None) -> bool:
        """Let a ``cued`` participant see a cue: a state from the next sample made on, a response from ``time_s`` on.

        The engine stamps the marker all the same.
        """
        if self._evoked is None or self._schedule is None or self._participant is None:
            return False
        if label in EVOKING:
            origin_s = self._pacer.start_s if self.is_live else 0.0
            onset = self._position if time_s is None else self._index(time_s - origin_s)
            self._evoked.begin(label, onset)
        self._schedule.obey(label, self._participant.next_index)
        return False

    def close(self) -> None:
        """Forget the participant."""
        self._participant = self._schedule = self._evoked = None
        self._stock.clear()

    def _check(self) -> None:
        s = self._settings
        try:
            positions(s.channels)
        except ChannelMismatch as exc:
            raise ConfigError(f"synthetic: channels: {exc}; use names of the 10-10 or 10-05 system") from exc
        for key in ("flat_channels", "railed_channels"):
            unknown = sorted(set(getattr(s, key)) - set(s.channels))
            if unknown:
                raise ConfigError(f"synthetic: {key}: {', '.join(unknown)} not among channels")
        if s.paradigm == "ssvep" and not s.frequencies_hz:
            raise ConfigError("synthetic: frequencies_hz must not be empty for paradigm = 'ssvep'")
        too_fast = [f for f in self._flickers_hz() if 4 * f >= s.rate_hz]
        if too_fast:
            raise ConfigError(f"synthetic: frequencies_hz: {too_fast[0]:g} Hz needs rate_hz above {4 * too_fast[0]:g}")

    def _make_faults(self) -> Faults:
        s = self._settings
        spans = [(start_s, start_s + length_s) for start_s, length_s in (s.nan_burst or (0, 0), s.drop or (0, 0))]
        (nan_from, nan_until), (lost_from, lost_until) = ((self._index(a), self._index(b)) for a, b in spans)
        flat, railed = (tuple(s.channels.index(n) for n in names) for names in (s.flat_channels, s.railed_channels))
        return Faults(
            flat,
            self._index(s.flat_from_s),
            railed,
            self._index(s.railed_from_s),
            nan_from,
            nan_until,
            lost_from,
            lost_until,
        )

    def _flickers_hz(self) -> tuple[float, ...]:
        return self._settings.frequencies_hz if self._settings.paradigm in ("ssvep", "cued") else ()

    def _index(self, time_s: float) -> int:
        return round(time_s * self._settings.rate_hz)

    def _skip_lost(self) -> None:
        """Step over samples that never arrive."""
        faults, participant = self._faults, self._participant
        if participant is None or not faults.lost_from <= self._position < faults.lost_until:
            return
        stop = faults.lost_until if self._length is None else min(faults.lost_until, self._length)
        while self._position < stop:
            n_lost = min(stop - self._position, participant.block_length)
            self._fill(n_lost, participant)
            self._pop(n_lost)
            self._gap += n_lost
            self._position += n_lost

    def _chunk_stop(self) -> int:
        stop = self._position + self._chunk_length
        if self._position < self._faults.lost_from < self._faults.lost_until:
            stop = min(stop, self._faults.lost_from)
        return stop if self._length is None else min(stop, self._length)

    def _fill(self, n_samples: int, participant: Participant) -> None:
        while self._n_stock < n_samples:
            block = participant.next_block()
            self._stock.append(block)
            self._n_stock += len(block)

    def _pop(self, n_samples: int) -> list[NDArray[np.float32]]:
        """Remove samples from the front of the stock; return them in pieces."""
        pieces, self._n_stock = [], self._n_stock - n_samples
        while n_samples:
            block = self._stock.popleft()
            if len(block) > n_samples:
                self._stock.appendleft(block[n_samples:])
                block = block[:n_samples]
            pieces.append(block)
            n_samples -= len(block)
        return pieces

    def _take(self, stop: int) -> Chunk:
        start, self._position = self._position, stop
        samples = np.concatenate(self._pop(stop - start))
        if self._evoked is not None:  # only now: a cue may have come after these samples were made
            self._evoked.add(samples, start)
        times_s = self._times(np.arange(start, stop))
        chunk = make_chunk(samples, times_s, start, gap_before=self._gap, markers=self._markers(stop))
        self._gap = 0
        return chunk

    def _times(self, index: NDArray[np.int64]) -> NDArray[np.float64]:
        origin_s = self._pacer.start_s if self.is_live else 0.0
        times_s: NDArray[np.float64] = origin_s + index / self._settings.rate_hz
        return times_s

    def _markers(self, stop: int) -> tuple[Marker, ...]:
        """Return the states that began since the last chunk, those inside a gap included."""
        if self._schedule is None:
            return ()
        changes = self._schedule.changes(self._marked_until, stop)
        self._marked_until = stop
        times_s = self._times(np.array([index for index, _ in changes], dtype=np.int64))
        return tuple(Marker(float(t), state, GROUND_TRUTH) for t, (_, state) in zip(times_s, changes, strict=True))


def build(settings: Settings) -> SyntheticSource:
    """Return a source that plays a simulated participant.

    Raises
    ------
    ConfigError
        If a channel is no electrode, a faulty channel is not among the channels, or a flicker is too fast for the rate.
    """
    return SyntheticSource(settings)
