"""The pipe to the window: a sink that never blocks the engine."""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import replace
from multiprocessing.connection import Connection

from bci_app.events import ChunkEvent, Event, NoticeEvent, Session, SessionEvent
from devices.clock import now_s

BATCH_S = 0.014
"""Least time between two batches: chunks at 60 a second go one by one and at once, faster ones together."""
MAX_WAITING_CHUNKS = 2000


class PipeSink:
    """Sends batches of events from a thread of its own.

    A window that does not read loses the oldest chunks for display, never other events; what is lost is counted and
    told when it reads again.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._changed = threading.Condition()
        self._waiting: deque[Event] = deque()
        self._chunks = self._dropped = 0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="pipe", daemon=True)

    def open(self, session: Session) -> None:
        """Start sending; the session comes first."""
        self.accept(SessionEvent(session))
        self._thread.start()

    def accept(self, event: Event) -> None:
        """Queue a copy."""
        if isinstance(event, ChunkEvent):
            chunk = event.chunk
            event = ChunkEvent(
                replace(chunk, samples=chunk.samples.copy(), times_s=chunk.times_s.copy(), flags=chunk.flags.copy())
            )
        with self._changed:
            if isinstance(event, ChunkEvent):
                self._chunks += 1
                if self._chunks > MAX_WAITING_CHUNKS:
                    self._drop_oldest_chunk()
            self._waiting.append(event)
            self._changed.notify()

    def close(self) -> None:
        """Send what waits, for at most two seconds, and stop."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def _drop_oldest_chunk(self) -> None:
        for index, event in enumerate(self._waiting):
            if isinstance(event, ChunkEvent):
                del self._waiting[index]
                break
        self._chunks -= 1
        self._dropped += 1

    def _run(self) -> None:
        sent_s = -math.inf
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                self._changed.wait_for(lambda: self._closing, sent_s + BATCH_S - now_s())
                batch = list(self._waiting)
                self._waiting.clear()
                dropped, self._chunks, self._dropped = self._dropped, 0, 0
            if dropped:
                batch.append(NoticeEvent("warning", f"the window was busy: {dropped} chunks were not displayed"))
            sent_s = now_s()
            try:
                self._connection.send(batch)
            except OSError:
                return  # the window is gone; the engine is stopped by its own watch on the pipe
