"""Any stream of the Lab Streaming Layer, with its marker stream.

Time stamps are brought onto this machine's LSL clock (clock synchronisation on, smoothing of jitter optional); holes
and clock jumps are declared (:mod:`devices.lsl_timeline`); after a drop the stream is resumed if it comes back as it
was, and refused with a clear error if not (:mod:`devices.lsl_watch`).

LSL is neither encrypted nor authenticated: whoever can reach the network can offer a stream of any name. How far
streams are looked for is set in ``lsl_api.cfg`` (environment variable ``LSLAPICFG``), section ``[multicast]``, key
``ResolveScope``: ``machine``, ``link``, ``site`` (liblsl's default) and wider. Prefer the narrowest that works.
"""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pylsl
from numpy.typing import NDArray
from pydantic import Field
from pylsl.util import LostError
from pylsl.util import TimeoutError as LslTimeout

from devices.channel_units import in_microvolts
from devices.clock import now_s
from devices.lsl_description import (
    MAX_DESCRIPTION_CHARS,
    Description,
    StreamCore,
    check_core,
    describe,
    state_unit,
)
from devices.lsl_markers import MarkerQueue
from devices.lsl_query import literal, marker_query, signal_query
from devices.lsl_timeline import Timeline
from devices.lsl_watch import Finding, Watch
from devices.source import SourceBase
from pipelines.errors import BciError, ConnectFailed, SignalError, StreamLost
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, Flag, StreamSpec, make_chunk

FORMATS = {
    pylsl.cf_float32: "float32",
    pylsl.cf_double64: "float64",
    pylsl.cf_string: "string",
    pylsl.cf_int8: "int8",
    pylsl.cf_int16: "int16",
    pylsl.cf_int32: "int32",
    pylsl.cf_int64: "int64",
}
GATHER_S = 0.5
"""How long to look for a second stream that fits as well."""
CLOCK_TIMEOUT_S = 5.0
CLOCK_EVERY_S = 0.5
GIVE_UP_S = 10.0
"""How long a stream that is back may stay silent, or uncompared, before it is opened anew."""
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


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One stream on the network, for ``bci-app devices``; ``age_s`` is known on this machine only."""

    name: str
    type: str
    n_channels: int
    rate_hz: float
    format: str
    host: str
    source_id: str
    age_s: float | None


def build(settings: Settings) -> LslStream:
    """Build the source; nothing is looked for before ``open``."""
    return LslStream(settings)


def library_info() -> str:
    """Return which liblsl is loaded, as it describes itself (a secured build names its security here)."""
    return f"liblsl {pylsl.library_version() / 100:.2f}: {pylsl.library_info()}"


def list_streams(timeout_s: float = 1.0) -> list[StreamRow]:
    """Return all streams that answer within ``timeout_s``, by name."""
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
    size = len(info.as_xml())
    core = _core(info)
    if size > MAX_DESCRIPTION_CHARS:
        raise SignalError(
            f"LSL stream {core}: its description has {size} characters, more than {MAX_DESCRIPTION_CHARS}"
        )
    return state_unit(describe(core, info.desc()), unit)


class _Network:
    """What can be seen of one stream; every call returns at once. See :class:`devices.lsl_watch.Network`."""

    def __init__(self, query: str, unit: str) -> None:
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
            try:
                self.wait(0.0)
            except LslTimeout:
                pass
        return self._value_s if self._apply else 0.0
