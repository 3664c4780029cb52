"""A FieldTrip buffer: the TCP server by which many amplifiers offer their samples to FieldTrip and MNE.

Protocol version 1 (https://www.fieldtriptoolbox.org/development/realtime/buffer_protocol/), spoken by the client inside
mne-realtime, of which nothing else is used. The buffer numbers its samples, so holes are exact; it knows neither
time nor units: samples are stamped from their arrival, and the unit is a setting.
"""

from __future__ import annotations

import logging
import socket
import struct
import time
import warnings
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

with warnings.catch_warnings():
    # The package announces that it is discontinued; its FieldTrip client is what it is kept for.
    warnings.filterwarnings("ignore", message="MNE-realtime is discontinued", category=FutureWarning)
    from mne_realtime.externals import FieldTrip

from devices.channel_units import in_microvolts
from devices.clock import now_s
from devices.lsl_description import MAX_CHANNELS, MAX_RATE_HZ, repair_labels
from devices.lsl_markers import MarkerQueue, label_of
from devices.source import SourceBase
from pipelines.errors import ChannelMismatch, ConnectFailed, RateMismatch, SignalError, StreamLost
from pipelines.plugins import PluginSettings
from pipelines.signal import Channel, Chunk, StreamSpec, make_chunk

T = TypeVar("T")
log = logging.getLogger(__name__)

FIRST_NUMBER, LAST_NUMBER = FieldTrip.DATATYPE_UINT8, FieldTrip.DATATYPE_FLOAT64
NO_EVENT_LIMIT = 0xFFFFFFFF
SLEW = 0.03
"""How fast the stamps follow later arrivals (s per s)."""
MAX_BLOCK_S = 1.0
MAX_PIECE_BYTES = 1 << 20
REPLY_TIMEOUT_S = 5.0


class Settings(PluginSettings):
    """Which buffer, and in which unit its samples are."""

    host: str = Field("localhost", min_length=1, description="Name or address of the computer the buffer runs on.")
    port: int = Field(1972, ge=1, le=65535, description="TCP port of the buffer.")
    connect_timeout_s: float = Field(5.0, gt=0, le=120, description="How long to wait for the buffer's header (s).")
    unit: Literal["", "uV", "mV", "V", "nV"] = Field(
        "", description="Unit of the samples, which the buffer does not tell; empty: unknown."
    )


def build(settings: Settings) -> FieldTripBuffer:
    """Build the source; nothing is connected before ``open``."""
    return FieldTripBuffer(settings)


class _Wire:
    """A socket whose end is an error: the client would ask a closed one for more for ever."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def recv(self, n_bytes: int) -> bytes:
        """Return up to ``n_bytes``; the number comes from the network, so it is not allocated at once."""
        data = self._sock.recv(min(n_bytes, MAX_PIECE_BYTES))
        if not data:
            raise ConnectionResetError("the buffer closed the connection")
        return data

    def send(self, data: bytes) -> int:
        """Send some of ``data``; return how much."""
        return self._sock.send(data)

    def settimeout(self, seconds: float) -> None:
        """Set how long a reply may take (s)."""
        self._sock.settimeout(seconds)

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()


class FieldTripBuffer(SourceBase):
    """Reads from the newest sample on; see the module's text."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._client: Any = None
        self._where = f"FieldTrip buffer {settings.host}:{settings.port}"
        self._markers = MarkerQueue()

    @property
    def is_live(self) -> bool:
        """Samples are stamped when they arrive."""
        return True

    def open(self) -> StreamSpec:
        """Connect and wait for a header.

        Raises
        ------
        ConnectFailed
            Nobody answers, or nobody has written a header.
        SignalError
            The header announces no usable signal.
        """
        self.close()
        try:
            header = self._connect()
        except (OSError, struct.error, UnicodeDecodeError) as exc:
            self.close()
            raise ConnectFailed(f"{self._where}: {exc}. Is the buffer running, and are host and port right?") from exc
        self._check(header)
        labels = repair_labels(list(header.labels) or [""] * header.nChannels, self._where)
        delivered = [in_microvolts(Channel(label, "eeg", self.settings.unit or "unknown")) for label in labels]
        self._factors = np.array([factor for _, factor in delivered])
        self._rate_hz, self._first, self._next = float(header.fSample), header.nSamples, header.nSamples
        self._n_events = header.nEvents
        self._end_s = -np.inf
        return StreamSpec(self._rate_hz, tuple(channel for channel, _ in delivered), source_id=self._where)

    def _connect(self) -> Any:
        s = self.settings
        give_up_s = time.monotonic() + s.connect_timeout_s
        sock = socket.create_connection((s.host, s.port), timeout=s.connect_timeout_s)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = FieldTrip.Client()
        self._client.sock, self._client.isConnected = _Wire(sock), True
        while (header := self._client.getHeader()) is None:
            if time.monotonic() > give_up_s:
                raise TimeoutError("nothing has been written to the buffer yet (no header)")
            time.sleep(0.1)
        return header

    def _check(self, header: Any) -> None:
        if not 0 < header.nChannels <= MAX_CHANNELS:
            raise ChannelMismatch(f"{self._where}: {header.nChannels} channels; 1 to {MAX_CHANNELS} are accepted")
        if not 0 < header.fSample <= MAX_RATE_HZ:
            raise RateMismatch(f"{self._where}: {header.fSample:g} Hz; above 0 and at most {MAX_RATE_HZ:g} is accepted")
        if not FIRST_NUMBER <= header.dataType <= LAST_NUMBER:
            raise SignalError(f"{self._where}: data type {header.dataType} is no number")

    def read(self, timeout_s: float) -> Chunk | None:
        """Return what has arrived; see :meth:`devices.source.Source.read`.

        Raises
        ------
        StreamLost
            The connection broke, or the buffer was restarted.
        ChannelMismatch
            Samples have another number of channels than the header said.
        """
        if self._client is None:
            raise StreamLost(f"{self._where}: not open")
        self._client.sock.settimeout(timeout_s + REPLY_TIMEOUT_S)
        n_samples, n_events = self._ask(lambda: self._client.wait(self._next, NO_EVENT_LIMIT, timeout_s * 1e3))
        if n_samples < self._next:
            raise StreamLost(f"{self._where}: it was emptied or restarted")
        if n_samples == self._next:
            return None
        rows, gap = self._fetch(n_samples)
        if rows is None:
            return None
        return self._chunk(rows, gap, n_samples, n_events)

    def _fetch(self, n_samples: int) -> tuple[NDArray[Any] | None, int]:
        """Return the rows from the next sample on, and how many the buffer has overwritten before them."""
        start = self._next
        most = max(1, round(MAX_BLOCK_S * self._rate_hz))
        while start < n_samples:
            wanted = (start, min(n_samples, start + most) - 1)
            rows = self._ask(lambda wanted=wanted: self._client.getData(wanted))  # type: ignore[misc]
            if rows is not None:
                return rows, start - self._next
            # The buffer does not tell how far back it goes: half of what is left, until it answers.
            start += (n_samples - start + 1) // 2
        return None, 0

    def _chunk(self, rows: NDArray[Any], gap: int, n_samples: int, n_events: int) -> Chunk:
        if rows.shape[1] != self._factors.size:
            raise ChannelMismatch(f"{self._where}: {rows.shape[1]} channels instead of the {self._factors.size} it had")
        first = self._next + gap
        self._next = first + rows.shape[0]
        times = self._stamp(rows.shape[0], gap, arrival_s=now_s() - (n_samples - self._next) / self._rate_hz)
        self._collect_markers(n_events, times)
        markers = self._markers.take(float(times[-1]), now_s())
        samples = (rows * self._factors).astype(np.float32)
        return make_chunk(samples, times, first - self._first, gap_before=gap, markers=markers)

    def _stamp(self, n: int, gap: int, arrival_s: float) -> NDArray[np.float64]:
        """Return times (s) of ``n`` rows: even, never later than their arrival, following it slowly when it is late."""
        before = self._end_s
        expected = before + (gap + n) / self._rate_hz if np.isfinite(before) else arrival_s
        end = min(arrival_s, expected + SLEW * n / self._rate_hz)
        self._end_s = max(before, end)
        return np.maximum(self._end_s + np.arange(1 - n, 1) / self._rate_hz, before)

    def _collect_markers(self, n_events: int, times: NDArray[np.float64]) -> None:
        if n_events <= self._n_events:
            self._n_events = n_events
            return
        events = self._ask(lambda: self._client.getEvents((self._n_events, n_events - 1)))
        if len(events) < n_events - self._n_events:
            log.warning("%s: %d events were overwritten", self._where, n_events - self._n_events - len(events))
        for event in events:
            back = self._next - 1 - event.sample
            time_s = times[-1 - back] if 0 <= back < times.size else times[-1] - back / self._rate_hz
            self._markers.add(
                float(time_s), label_of([*_values(event.type), *_values(event.value)]), "fieldtrip", now_s()
            )
        self._n_events = n_events

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except (OSError, struct.error, IndexError, ValueError, TypeError) as exc:
            # The client indexes and unpacks whatever the server sends.
            raise StreamLost(f"{self._where}: {exc}") from exc

    def close(self) -> None:
        """Disconnect. May be called twice."""
        if self._client is not None:
            self._client.disconnect()
        self._client = None
        self._markers.clear()


def _values(value: bytes | NDArray[Any]) -> list[object]:
    """Return the parts of an event's type or value for a label; text comes as bytes, numbers as an array."""
    if isinstance(value, bytes):
        return [value] if value else []
    return list(value.tolist())
