"""Any stream of the Lab Streaming Layer, with its marker stream.

Time stamps are brought onto this machine's LSL clock (clock synchronisation on, smoothing of jitter optional); holes
and clock jumps are declared (:mod:`devices.lsl_timeline`); after a drop the stream is resumed if it comes back as it
was, and refused with a clear error if not (:mod:`devices.lsl_watch`).

LSL is neither encrypted nor authenticated: whoever can reach the network can offer a stream of any name. How far
streams are looked for is a matter of :mod:`devices.lsl_scope`.
"""

from __future__ import annotations

import logging
import math
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

import numpy as np
import pylsl
from pydantic import Field
from pylsl.util import LostError, handle_error
from pylsl.util import TimeoutError as LslTimeout

from devices.channel_units import in_microvolts
from devices.clock import now_s
from devices.lsl_chunks import Block, ChunkMaker
from devices.lsl_description import (
    Description,
    StreamCore,
    StreamRow,
    check_core,
    check_size,
    describe,
    plain_text,
    state_unit,
)
from devices.lsl_markers import MarkerQueue, label_of
from devices.lsl_pull import Puller
from devices.lsl_query import asked, literal, marker_query, no_answer, nothing_found, several_found, signal_query
from devices.lsl_scope import in_force
from devices.lsl_timeline import Timeline
from devices.lsl_watch import Guard
from devices.source import SourceBase
from pipelines.errors import BciError, ConnectFailed, StreamLost
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, StreamSpec

log = logging.getLogger(__name__)

FORMATS = {pylsl.cf_string: "string", pylsl.cf_float32: "float32", pylsl.cf_double64: "float64"}
FORMATS |= {getattr(pylsl, f"cf_int{bits}"): f"int{bits}" for bits in (8, 16, 32, 64)}
GATHER_S = 0.6
"""How long to look for a second stream that fits as well; in the background, where liblsl asks once a second, twice."""
CLOCK_TIMEOUT_S = 5.0
CLOCK_EVERY_S = 0.5
MAX_PULL_S = 1.0


class Settings(PluginSettings):
    """Which stream, and how its time stamps are read. Filters that are empty accept anything."""

    name: str = Field("", description="Name of the stream.")
    type: str = Field("EEG", description="Content type of the stream.")
    source_id: str = Field("", description="Source id of the stream.")
    host: str = Field("", description="Name of the computer that sends it.")
    resolve_timeout_s: float = Field(5.0, gt=0, le=120, description="How long to look for it when opening (s).")
    clock_sync: bool = Field(True, description="Whether stamps are mapped onto this machine's LSL clock.")
    dejitter: bool = Field(False, description="Whether stamps are smoothed by a line fitted over the recent past.")
    unit: Literal["", "uV", "mV", "V", "nV"] = Field(
        "", description="Unit of the voltage channels where the stream says none or a wrong one; empty: as it says."
    )
    marker_stream: str = Field("", description="Name, source id or type of a marker stream to merge; empty: none.")
    max_buffered_s: int = Field(60, ge=1, le=3600, description="How much liblsl keeps while nobody reads (s).")
    gap_after_s: float = Field(0.25, gt=0, le=60, description="Smallest hole in the stamps that counts as a loss (s).")
    check_after_s: float = Field(1.0, ge=0.1, le=60, description="Silence after which the network is looked at (s).")


def build(settings: Settings) -> LslStream:
    """Build the source; nothing is looked for before ``open``."""
    return LslStream(settings)


def list_streams(timeout_s: float = 1.0) -> list[StreamRow]:
    """Return all streams that answer within ``timeout_s``, by name."""
    in_force()
    here, now = socket.gethostname(), now_s()
    rows = []
    for info in pylsl.resolve_streams(timeout_s):
        core = _core(info)
        age = now - info.created_at() if core.host == here else None
        rows.append(
            StreamRow(core.name, core.type, core.n_channels, core.rate_hz, core.format, core.host, core.source_id, age)
        )
    return sorted(rows, key=lambda row: (row.name, row.source_id))


def _core(info: pylsl.StreamInfo) -> StreamCore:
    return StreamCore(
        name=info.name(),
        type=info.type(),
        source_id=info.source_id(),
        host=info.hostname(),
        uid=info.uid(),
        n_channels=info.channel_count(),
        rate_hz=info.nominal_srate(),
        format=FORMATS.get(info.channel_format(), "undefined"),
    )


def _describe(info: pylsl.StreamInfo, unit: str) -> Description:
    core = _core(info)
    check_size(core, len(info.as_xml()))
    return state_unit(describe(core, info.desc()), unit)


class _Network:
    """What can be seen of one stream; every call returns at once. See :class:`devices.lsl_watch.Network`."""

    def __init__(self, wanted: StreamCore, unit: str) -> None:
        by_id = f"source_id={literal(wanted.source_id)}"
        query = by_id if wanted.source_id else signal_query(wanted.name, "", "", wanted.host)
        self._resolver = pylsl.ContinuousResolver(pred=query, forget_after=2.0)
        self._unit = unit
        self._infos: dict[str, pylsl.StreamInfo] = {}
        self._inlets: dict[str, pylsl.StreamInlet] = {}

    def seen(self) -> Sequence[StreamCore]:
        infos = self._resolver.results()
        self._infos = {info.uid(): info for info in infos}
        return [_core(info) for info in infos]

    def description(self, uid: str) -> Description | None:
        if uid not in self._inlets:
            self._inlets[uid] = pylsl.StreamInlet(self._infos[uid], recover=False)
        try:
            return _describe(self._inlets[uid].info(timeout=0.0), self._unit)
        except LslTimeout:
            return None
        except LostError:
            del self._inlets[uid]
            return None


class _Correction:
    """What to add to a stream's stamps. liblsl measures it in the background; the last value known holds."""

    def __init__(self, inlet: pylsl.StreamInlet, apply: bool) -> None:
        self._inlet, self._apply = inlet, apply
        self._value_s = 0.0
        self._next_s = 0.0
        self.known = False

    def wait(self, timeout_s: float) -> None:
        """Wait for the first measurement.

        Raises
        ------
        pylsl.util.TimeoutError
            If the sender's clock does not answer.
        """
        self._value_s = self._inlet.time_correction(timeout=timeout_s)
        self.known = True

    def now_s(self, now: float) -> float:
        """Return the correction (s), asking liblsl twice a second."""
        if now >= self._next_s:
            self._next_s = now + CLOCK_EVERY_S
            with suppress(LslTimeout):
                self.wait(0.0)
        return self._value_s if self._apply else 0.0


class _MarkerInlet:
    """The marker stream: found whenever it appears, read without waiting, found again when lost."""

    def __init__(self, wanted: str, clock_sync: bool) -> None:
        self._wanted, self._clock_sync = wanted, clock_sync
        self._inlet: pylsl.StreamInlet | None = None
        self._resolver: pylsl.ContinuousResolver | None = None
        self._names: list[str] = []
        self._opened_s = self._next_look_s = 0.0
        self._first_seen_s = math.inf
        self._told = ""

    def collect(self, queue: MarkerQueue, now: float) -> None:
        """Put what has arrived into the queue."""
        if self._inlet is None:
            self._find(now)
            return
        try:
            correction = self._correction.now_s(now)
            if not self._is_known(self._inlet) and now - self._opened_s < CLOCK_TIMEOUT_S:
                return
            while True:
                values, stamps = self._inlet.pull_chunk(timeout=0.0, max_samples=512, as_numpy=True)
                for row, stamp in zip(values, stamps.tolist(), strict=True):
                    queue.add(stamp + correction, label_of(row, self._names), self._stream, now)
                if len(stamps) < 512:
                    return
        except LostError:
            log.warning("marker stream %r is gone; looking for it", self._stream)
            self._inlet, self._names, self._first_seen_s = None, [], math.inf

    def _is_known(self, inlet: pylsl.StreamInlet) -> bool:
        """Whether the clock offset has been measured and, where there are several channels, their names have come."""
        if inlet.channel_count > 1 and not self._names:
            with suppress(LslTimeout):
                self._names = [channel.name for channel in _describe(inlet.info(timeout=0.0), "").channels]
            return False
        return self._correction.known

    def _find(self, now: float) -> None:
        if self._resolver is None:
            self._resolver = pylsl.ContinuousResolver(pred=marker_query(self._wanted), forget_after=2.0)
        if now < self._next_look_s:
            return
        self._next_look_s = now + 0.2
        found = [(core, info) for info in self._resolver.results() if (core := _core(info)).rate_hz == 0]
        text = several_found(repr(self._wanted), [core for core, _ in found]) if len(found) > 1 else ""
        if text and text != self._told:
            log.warning("no marker stream is read yet: %s", text)
            self._told = text
        self._first_seen_s = min(self._first_seen_s, now) if found else math.inf
        if len(found) == 1 and now - self._first_seen_s >= 2 * GATHER_S:
            core, info = found[0]
            self._inlet = pylsl.StreamInlet(info, max_buflen=360, recover=True)
            with suppress(LslTimeout):  # starts to receive; there is nothing to wait for
                self._inlet.open_stream(timeout=0.0)
            self._correction = _Correction(self._inlet, self._clock_sync)
            self._stream, self._opened_s, self._resolver = plain_text(core.name), now, None
            log.info("marker stream: %s", core)


class LslStream(SourceBase):
    """A signal stream; see the module's text. ``read`` blocks in liblsl, without polling."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._inlet: pylsl.StreamInlet | None = None
        self._markers: _MarkerInlet | None = None
        self._queue = MarkerQueue()
        self._held: Block | None = None
        self._failure: BciError | None = None

    @property
    def is_live(self) -> bool:
        """Stamps are on the LSL clock of now."""
        return True

    def open(self) -> StreamSpec:
        """Find the stream, fetch its description, measure the clock offset, start receiving.

        Raises
        ------
        ConnectFailed
            No stream fits, several do, or it does not answer.
        SignalError
            What was found is no signal: text, an irregular rate, an absurd size.
        """
        self.close()
        in_force()
        info = self._resolve()
        check_core(core := _core(info))
        try:
            return self._connect(info)
        except (LslTimeout, LostError) as exc:
            self.close()
            raise ConnectFailed(no_answer(core, exc)) from exc

    def _resolve(self) -> pylsl.StreamInfo:
        s = self.settings
        filters = (s.name, s.type, s.source_id, s.host)
        query = signal_query(*filters)
        found = pylsl.resolve_bypred(query, minimum=1, timeout=s.resolve_timeout_s)
        if found:
            found = pylsl.resolve_bypred(query, minimum=len(found) + 1, timeout=GATHER_S) or found
        if not found:
            present = [_core(info) for info in pylsl.resolve_streams(GATHER_S)]
            raise ConnectFailed(nothing_found(asked(*filters), s.resolve_timeout_s, present, in_force().searched()))
        if len(found) > 1:
            raise ConnectFailed(several_found(asked(*filters), [_core(info) for info in found]))
        return found[0]

    def _connect(self, info: pylsl.StreamInfo) -> StreamSpec:
        s = self.settings
        inlet = pylsl.StreamInlet(info, max_buflen=s.max_buffered_s, recover=True)
        opened = _describe(inlet.info(timeout=s.resolve_timeout_s), s.unit)
        core = opened.core
        delivered = [in_microvolts(channel) for channel in opened.channels]
        self._factors = np.array([factor for _, factor in delivered])
        if core.format == "float32":
            # Wider formats are multiplied in float64, so that volts lose nothing before the conversion.
            self._factors = self._factors.astype(np.float32)
        self._as_they_are = core.format == "float32" and bool((self._factors == 1.0).all())
        self._puller = Puller(inlet, max(64, math.ceil(core.rate_hz * MAX_PULL_S)), handle_error)
        self._chunks = ChunkMaker(core.n_channels, Timeline(core.rate_hz, s.gap_after_s, s.dejitter), self._queue)
        self._markers = _MarkerInlet(s.marker_stream, s.clock_sync) if s.marker_stream else None
        self._correction = _Correction(inlet, s.clock_sync)
        if s.clock_sync:
            self._correction.wait(CLOCK_TIMEOUT_S)
        inlet.open_stream(timeout=s.resolve_timeout_s)
        self._inlet, self._name = inlet, core.name
        self._guard = Guard(opened, lambda wanted: _Network(wanted, s.unit), s.check_after_s, now_s())
        return StreamSpec(
            core.rate_hz,
            tuple(channel for channel, _ in delivered),
            source_id=plain_text(core.source_id or core.name, 256),
            reference=opened.reference,
        )

    def read(self, timeout_s: float) -> Chunk | None:
        """Return what has arrived; see :meth:`devices.source.Source.read`.

        A hole inside what was received splits it into several chunks. Markers that have waited for a second while no
        sample came are given on a chunk without samples.

        Raises
        ------
        StreamLost
            The stream is gone and only opening it anew can help.
        SignalError
            It came back with other channels, rate, format, labels or units.
        """
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        try:
            return self._next(timeout_s)
        except LostError as exc:
            lost = StreamLost(f"LSL stream {self._name!r} is gone")
            lost.__cause__ = exc
            return self._fail(lost)
        except BciError as exc:
            return self._fail(exc)

    def _fail(self, failure: BciError) -> Chunk:
        """Raise; but markers that wait are given first, and the error is raised by the next read."""
        last = self._chunks.without_samples(self._queue.take(math.inf, now_s())) if self._inlet else None
        if last is None:
            raise failure
        self._failure = failure
        return last

    def _next(self, timeout_s: float) -> Chunk | None:
        if self._inlet is None:
            raise StreamLost("the LSL stream is not open")
        chunk = self._chunks.pop()
        if chunk is not None:
            return chunk
        if self._held is not None:
            return self._read_held(timeout_s)
        rows, stamps = self._puller.pull(timeout_s)
        now = now_s()
        if not len(stamps):
            self._guard.silent(now)
            return self._without_samples(now)
        # liblsl forgets the clock offset when it reconnects, before the first sample of the new instance arrives.
        reconnected = bool(self._inlet.was_clock_reset())
        samples = rows.copy() if self._as_they_are else np.multiply(rows, self._factors).astype(np.float32, copy=False)
        block = Block(samples, stamps, now)
        if self._guard.must_hold(now, reconnected):
            self._held = block
            return self._read_held(0.0)
        return self._deliver(block)

    def _read_held(self, timeout_s: float) -> Chunk | None:
        """After a reconnection, deliver only once the stream is known to be the one that was opened."""
        assert self._held is not None
        until = now_s() + timeout_s
        while not self._guard.is_cleared(now := now_s()):
            if now >= until:
                return self._without_samples(now)
            time.sleep(min(0.02, until - now))
        held, self._held = self._held, None
        return self._deliver(held)

    def _deliver(self, block: Block) -> Chunk | None:
        if self._markers is not None:
            self._markers.collect(self._queue, block.arrival_s)
        correction = self._correction.now_s(block.arrival_s)
        self._chunks.push(block, correction)
        return self._chunks.pop()

    def _without_samples(self, now: float) -> Chunk | None:
        if self._markers is None:
            return None
        self._markers.collect(self._queue, now)
        return self._chunks.without_samples(self._queue.take(-math.inf, now))

    def close(self) -> None:
        """Disconnect. May be called twice."""
        self._inlet = self._markers = self._held = self._failure = None
        self._queue.clear()
