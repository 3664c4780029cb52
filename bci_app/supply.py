"""The source as the engine sees it: patient, reopened when lost, one unbroken count of samples."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

from bci_app.config import EngineSettings
from bci_app.events import EngineState
from devices.clock import now_s
from devices.playback import Player
from devices.source import Source
from pipelines.errors import (
    BciError,
    ChannelMismatch,
    ConnectFailed,
    DeviceError,
    RateMismatch,
    StreamLost,
    in_one_line,
)
from pipelines.signal import Chunk, StreamSpec

log = logging.getLogger(__name__)


class Supply:
    """Wraps a source that is already open. Used on the engine's thread."""

    def __init__(self, source: Source, spec: StreamSpec, settings: EngineSettings) -> None:
        self._source, self.spec, self._settings = source, spec, settings
        self._last_arrival_s = self._last_sample_s = now_s()
        self._next_try_s: float | None = None
        self._offset = 0
        self._end_index = 0
        self._end_time_s = 0.0
        self._reopened = False
        self.state: EngineState | None = None
        """STALE or RECONNECTING; None while samples flow."""
        self.message = ""
        self.player: Player | None = source if isinstance(source, Player) else None
        """The source, if it plays a recording."""

    @property
    def is_live(self) -> bool:
        """Whether time stamps are on the clock of now."""
        return self._source.is_live

    def read(self, timeout_s: float, stop: threading.Event) -> Chunk | None:
        """Return the next chunk, numbered through all reconnections; None if nothing came.

        Raises
        ------
        StreamEnded
            When a finite source is done.
        DeviceError
            When the source raised what it should not.
        SignalError
            When the source came back with other channels, rate or units.
        """
        if self._next_try_s is not None:
            self._try_again(timeout_s, stop)
            return None
        try:
            chunk = self._source.read(timeout_s)
        except StreamLost as lost:
            self._lose(str(lost))
            return None
        except BciError:
            raise
        except Exception as exc:  # a plug-in may raise anything; its recording is closed and its words are told
            raise DeviceError(f"the source failed: {in_one_line(exc)}") from exc
        if chunk is None or not chunk.n_samples:  # markers alone do not make a stream alive
            if self.player is not None:  # one that is paused, or slow, is not silent
                self._last_arrival_s = now_s()
            silent_s = now_s() - self._last_arrival_s
            if self.state is None and silent_s > self._settings.stale_after_s:
                self.state, self.message = EngineState.STALE, f"no samples for {silent_s:.1f} s"
            return None if chunk is None else self._number(chunk)
        now = now_s()
        if self.state is not None:
            self.state, self.message = None, f"samples flow again after {now - self._last_sample_s:.1f} s"
        # Opening anew counts as an arrival, so that a device has its time to begin.
        self._last_arrival_s = self._last_sample_s = now
        return self._number(chunk)

    def insert_marker(self, label: str, time_s: float | None = None) -> bool:
        """Write a marker into the device's stream if it takes one."""
        return self._next_try_s is None and self._source.insert_marker(label, time_s)

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def _lose(self, why: str) -> None:
        log.info("source lost: %s", why)
        self._source.close()
        self._next_try_s = now_s()
        self.state, self.message = EngineState.RECONNECTING, why

    def _try_again(self, timeout_s: float, stop: threading.Event) -> None:
        assert self._next_try_s is not None
        wait_s = self._next_try_s - now_s()
        if wait_s > 0:
            stop.wait(min(wait_s, timeout_s))
            return
        try:
            spec = self._source.open()
        except ConnectFailed as exc:
            self._source.close()
            self.message = str(exc)
            self._next_try_s = now_s() + self._settings.reconnect_every_s
            return
        self._compare(spec)
        self._next_try_s = None
        self._reopened = True
        self._last_arrival_s = now_s()

    def _compare(self, spec: StreamSpec) -> None:
        where = self.spec.source_id or "the source"
        if spec.rate_hz != self.spec.rate_hz:
            raise RateMismatch(
                f"{where} came back at {spec.rate_hz:g} Hz instead of {self.spec.rate_hz:g} Hz; start the session anew"
            )
        if spec.channels != self.spec.channels:
            raise ChannelMismatch(
                f"{where} came back with {spec.n_channels} channels ({', '.join(spec.names[:8])} …) instead of the "
                f"{self.spec.n_channels} it had; start the session anew"
            )

    def _number(self, chunk: Chunk) -> Chunk:
        if self._reopened and chunk.n_samples:
            # A device starts counting at 0 again: the clock says how much is missing.
            hole_s = float(chunk.times_s[0]) - self._end_time_s
            gap = max(1, round(hole_s * self.spec.rate_hz) - 1) if self._end_index else 0
            self._offset = self._end_index + gap - chunk.first_index
            chunk = replace(chunk, gap_before=gap)
            self._reopened = False
        if self._offset:
            chunk = replace(chunk, first_index=chunk.first_index + self._offset)
        if chunk.n_samples:
            self._end_index, self._end_time_s = chunk.end_index, float(chunk.times_s[-1])
        return chunk
