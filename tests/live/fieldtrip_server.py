"""A small FieldTrip buffer for tests: a real TCP server that speaks what a client that reads needs."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

GET_HDR, GET_DAT, GET_EVT, WAIT_DAT = 0x201, 0x202, 0x203, 0x402
GET_OK, GET_ERR, WAIT_OK = 0x204, 0x205, 0x404
CHANNEL_NAMES = 1
TYPE_CODES = {"int16": 6, "int32": 7, "float32": 9, "float64": 10}


class FieldTripServer(socketserver.ThreadingTCPServer):
    """Samples and events in memory; ``put`` and ``put_event`` take the place of an amplifier."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, labels: list[str], rate_hz: float = 250.0, dtype: str = "float32", keep: int = 10_000) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.labels, self.rate_hz, self.dtype, self.keep = labels, rate_hz, dtype, keep
        self.n_channels = len(labels)
        self.type_code = TYPE_CODES.get(dtype, 0)
        self.changed = threading.Condition()
        self.clients: list[object] = []
        self.has_header = True
        self.reset()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def reset(self) -> None:
        with self.changed:
            self.rows = np.zeros((0, self.n_channels), dtype=self.dtype if self.type_code else "int8")
            self.n_samples = 0
            self.events: list[bytes] = []
            self.changed.notify_all()

    def put(self, rows: np.ndarray) -> None:
        with self.changed:
            self.rows = np.concatenate([self.rows, rows.astype(self.rows.dtype)])[-self.keep :]
            self.n_samples += len(rows)
            self.changed.notify_all()

    def put_event(self, kind: str, value: str | np.ndarray, sample: int) -> None:
        text = isinstance(value, str)
        code, count = (0, len(value)) if text else (TYPE_CODES[value.dtype.name], value.size)
        raw = value.encode() if text else value.tobytes()
        head = struct.pack("IIIIIiiI", 0, len(kind), code, count, sample, 0, 0, len(kind) + len(raw))
        with self.changed:
            self.events.append(head + kind.encode() + raw)
            self.changed.notify_all()

    def answer(self, command: int, payload: bytes) -> bytes:
        if command == WAIT_DAT:
            samples, events, timeout_ms = struct.unpack("III", payload)
            with self.changed:
                self.changed.wait_for(lambda: self.n_samples > samples or len(self.events) > events, timeout_ms / 1000)
                return _packet(WAIT_OK, struct.pack("II", self.n_samples, len(self.events)))
        with self.changed:
            if command == GET_HDR and self.has_header:
                names = b"".join(label.encode() + b"\0" for label in self.labels)
                extra = struct.pack("II", CHANNEL_NAMES, len(names)) + names if any(self.labels) else b""
                numbers = (self.n_channels, self.n_samples, len(self.events), self.rate_hz, self.type_code, len(extra))
                return _packet(GET_OK, struct.pack("IIIfII", *numbers) + extra)
            first, last = struct.unpack("II", payload) if payload else (0, 0)
            oldest = self.n_samples - len(self.rows)
            if command == GET_DAT and oldest <= first <= last < self.n_samples:
                raw = self.rows[first - oldest : last + 1 - oldest]
                head = struct.pack("IIII", raw.shape[1], len(raw), self.type_code, raw.nbytes)
                return _packet(GET_OK, head + raw.tobytes())
            if command == GET_EVT and last < len(self.events):
                return _packet(GET_OK, b"".join(self.events[first : last + 1]))
        return _packet(GET_ERR, b"")


class _Handler(socketserver.BaseRequestHandler):
    server: FieldTripServer

    def handle(self) -> None:
        self.server.clients.append(self.request)
        try:
            while True:
                head = self.request.recv(8, socket.MSG_WAITALL)
                if len(head) < 8:
                    return
                _, command, size = struct.unpack("HHI", head)
                payload = self.request.recv(size, socket.MSG_WAITALL) if size else b""
                self.request.sendall(self.server.answer(command, payload))
        except OSError:
            return


def _packet(command: int, payload: bytes) -> bytes:
    return struct.pack("HHI", 1, command, len(payload)) + payload


@contextmanager
def fieldtrip_server(labels: list[str], **settings: object) -> Iterator[FieldTripServer]:
    with FieldTripServer(labels, **settings) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def feeding(server: FieldTripServer, chunk: int = 10) -> Iterator[None]:
    """Put a ramp into the buffer, in real time."""
    stop = threading.Event()

    def feed() -> None:
        sent, start = 0, time.monotonic()
        while not stop.wait(max(0.0, start + (sent + chunk) / server.rate_hz - time.monotonic())):
            server.put(np.repeat(np.arange(sent, sent + chunk)[:, None], server.n_channels, axis=1))
            sent += chunk

    thread = threading.Thread(target=feed, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
