"""Any device that BrainFlow supports: OpenBCI, Muse, Unicorn, ANT Neuro and some sixty others."""

from __future__ import annotations

import difflib
import logging
import time
import warnings
from collections import deque
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from brainflow.board_shim import BoardIds, BoardShim, BrainFlowInputParams
from brainflow.exit_codes import BrainFlowError
from numpy.typing import NDArray
from pydantic import Field

from devices.board_rows import BoardLayout, BoardStream, MarkerCodes
from devices.brainflow_guide import COUNTER_MODULUS, explain_exit, needs_of
from devices.clock import now_s
from devices.package_counter import PackageCounter
from devices.source import SourceBase
from devices.unix_time import UnixToLsl
from pipelines.channel_names import canonical_name
from pipelines.channel_quality import IMPEDANCE
from pipelines.errors import ConfigError, ConnectFailed, DeviceError, StreamEnded, StreamLost
from pipelines.plugins import PluginSettings
from pipelines.signal import Channel, Chunk, StreamSpec

log = logging.getLogger(__name__)

PLAYBACK, STREAMING = "PLAYBACK_FILE_BOARD", "STREAMING_BOARD"
RELEASE_AFTER_S = 0.5
"""A pause after which samples held back for learning are handed out."""
PRESETS = {"default": 0, "auxiliary": 1, "ancillary": 2}


class Settings(PluginSettings):
    """Which board, how to reach it, what to send it. The connection settings are BrainFlow's own."""

    board: str | int = "SYNTHETIC_BOARD"
    """Name of the board in any case, ``_BOARD`` may be left out; or BrainFlow's number."""
    master_board: str | int | None = None
    """For playback and streaming: the board the data come from."""
    preset: Literal["default", "auxiliary", "ancillary"] = "default"
    """Which of the board's groups of channels."""
    serial_port: str = ""
    """For example ``COM3`` or ``/dev/ttyUSB0``."""
    mac_address: str = ""
    """Bluetooth address."""
    serial_number: str = ""
    """Serial number or Bluetooth name of the device."""
    ip_address: str = ""
    """Address of the device, or multicast group of a streaming board."""
    ip_address_aux: str = ""
    """The same for the auxiliary preset."""
    ip_address_anc: str = ""
    """The same for the ancillary preset."""
    ip_port: int = Field(0, ge=0, le=65535)
    """Port; 0: none."""
    ip_port_aux: int = Field(0, ge=0, le=65535)
    """The same for the auxiliary preset."""
    ip_port_anc: int = Field(0, ge=0, le=65535)
    """The same for the ancillary preset."""
    ip_protocol: Literal["none", "udp", "tcp"] = "none"
    """Protocol where the board lets one choose."""
    file: str = ""
    """File of a playback board."""
    file_aux: str = ""
    """The same for the auxiliary preset."""
    file_anc: str = ""
    """The same for the ancillary preset."""
    other_info: str = ""
    """What else the board understands."""
    timeout_s: int = Field(0, ge=0, le=600)
    """How long to look for the device; 0: the board's own default."""
    config: tuple[str, ...] = ()
    """Commands sent to the board after connecting, such as ``x1060110X`` (Cyton), ``loopback_true`` (playback)."""
    streamer: str = ""
    """Where BrainFlow itself also sends the data: ``file://raw.csv:w`` or ``streaming_board://225.1.1.1:6677``."""
    channels: tuple[str, ...] = ()
    """New names of the channels, in the board's order; empty: the board's own."""
    impedance: bool = False
    """Whether what the board measures as impedances comes along, as channels of that kind (ohm); most boards begin to
    measure by a command in ``config``, ``z`` for the Ganglion."""
    rate_hz: float | None = Field(None, gt=0)
    """Sampling rate if ``config`` has changed it; None: the board's nominal rate."""
    buffer_s: float = Field(60.0, ge=1, le=3600)
    """Seconds that BrainFlow keeps while nobody reads."""
    lost_after_s: float = Field(5.0, gt=0)
    """A device that sends nothing for so long is lost."""


@dataclass(frozen=True, slots=True)
class BoardInfo:
    """One line of the list of boards: name, number, EEG channels, rate (Hz, 0 if it depends), what it needs."""

    name: str
    board_id: int
    n_eeg: int
    rate_hz: float
    needs: str


@cache
def _quiet() -> None:
    """Load BrainFlow's library and keep its log off the terminal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # BrainFlow imports the deprecated pkg_resources while loading
        BoardShim.disable_board_logger()


def list_boards() -> list[BoardInfo]:
    """Return every board that this BrainFlow knows, in the order of their numbers."""
    _quiet()
    boards = []
    for board in BoardIds:
        if board is BoardIds.NO_BOARD:
            continue
        try:
            described: dict[str, Any] = BoardShim.get_board_descr(board.value)
        except BrainFlowError:  # playback and streaming take their description from the master board
            described = {}
        n_eeg = len(described.get("eeg_channels", ()))
        boards.append(
            BoardInfo(board.name, board.value, n_eeg, described.get("sampling_rate", 0), needs_of(board.name))
        )
    return boards


def board_named(wanted: str | int) -> BoardIds:
    """Return the board of a name or number.

    Raises
    ------
    ConfigError
        If there is none; the message names the nearest.
    """
    text = str(wanted).strip().upper()
    known = {board.name: board for board in BoardIds if board is not BoardIds.NO_BOARD}
    if text.lstrip("-").isdigit():
        found = {board.value: board for board in known.values()}.get(int(text))
    else:
        found = known.get(text, known.get(f"{text}_BOARD"))
    if found is None:
        near = difflib.get_close_matches(text, known, n=3, cutoff=0.4)
        hint = f"; did you mean {', '.join(near)}?" if near else "; 'bci-app devices' lists them"
        raise ConfigError(f"brainflow_board: board = {wanted!r}: no such board{hint}")
    return found


class _Session(BoardShim):  # type: ignore[misc]  # BrainFlow has no types
    """A BrainFlow session that is released by its owner alone.

    BrainFlow's own destructor releases the board of whoever holds it, so a second, refused session would end the first.
    """

    def __init__(self, board_id: int, params: BrainFlowInputParams) -> None:
        super().__init__(board_id, params)
        self.is_mine = False

    def __del__(self) -> None:
        """Leave releasing to :meth:`release`."""

    def prepare(self) -> None:
        """Connect."""
        self.prepare_session()
        self.is_mine = True

    def release(self) -> None:
        """Disconnect, if this session ever connected and the board is still held."""
        if self.is_mine and self.is_prepared():
            self.release_session()
        self.is_mine = False


class BrainFlowSource(SourceBase):
    """A BrainFlow board. Package numbers become declared gaps, UNIX stamps LSL times, marker values markers."""

    def __init__(self, settings: Settings) -> None:
        _quiet()
        self._settings = settings
        self._board = board_named(settings.board)
        self._name = self._board.name
        self._master = self._board
        if self._name in (PLAYBACK, STREAMING):
            if settings.master_board is None:
                raise ConfigError(f"brainflow_board: {self._name} needs master_board, the board the data come from")
            self._master = board_named(settings.master_board)
        self._preset = PRESETS[settings.preset]
        self._shim: _Session | None = None
        self._codes = MarkerCodes()

    @property
    def is_live(self) -> bool:
        """True, unless a playback file keeps its own stamps (``config = ["old_timestamps"]``)."""
        return not (self._name == PLAYBACK and "old_timestamps" in self._settings.config)

    def open(self) -> StreamSpec:
        """Connect, configure and start the board.

        Raises
        ------
        ConnectFailed
            With BrainFlow's reason in plain words and what to do about it.
        ConfigError
            If ``channels`` does not fit the board.
        """
        self.close()
        try:
            # Asking BrainFlow 5.23 to describe a preset that a board lacks breaks that board for the whole process.
            if self._preset not in BoardShim.get_board_presets(self._master.value):
                raise ConnectFailed(f"{self._master.name} has no preset '{self._settings.preset}'")
            spec = self._read_layout(BoardShim.get_board_descr(self._master.value, self._preset))
            self._shim = _Session(self._board.value, self._params())
            self._shim.prepare()
            for command in self._settings.config:
                answer = self._shim.config_board(command)
                log.info("%s: %s -> %s", self._name, command, answer or "(no answer)")
            self._shim.start_stream(round(self._settings.buffer_s * spec.rate_hz), self._settings.streamer or None)
        except BrainFlowError as exc:
            self.close()
            raise ConnectFailed(explain_exit(self._name, exc.exit_code, str(exc))) from exc
        self._reset(spec.rate_hz)
        return spec

    def read(self, timeout_s: float) -> Chunk | None:
        """Return what has arrived, up to the next gap; wait up to ``timeout_s`` for it.

        Raises
        ------
        DeviceError
            If it is not open.
        StreamLost
            If the board reports an error, or sends nothing for ``lost_after_s``.
        StreamEnded
            If a playback file without ``loopback_true`` has sent nothing for so long.
        """
        if self._shim is None:
            raise DeviceError(f"{self._name}: read before open; call open() first")
        deadline_s = now_s() + timeout_s
        while not self._ready:
            self._fetch(self._shim)
            left_s = deadline_s - now_s()
            if self._ready or left_s <= 0:
                break
            time.sleep(min(self._poll_s, left_s))
        return self._ready.popleft() if self._ready else None

    def insert_marker(self, label: str, time_s: float | None = None) -> bool:
        """Write a marker into the board's marker row; it comes back with the next sample.

        The row holds numbers, so a label that is not a number other than 0 is given one and translated back. The board
        only knows now: it takes no marker of another time.
        """
        if self._shim is None or time_s is not None:
            return False
        try:
            self._shim.insert_marker(self._codes.code_of(label), self._preset)
        except BrainFlowError as exc:
            log.warning("%s", explain_exit(self._name, exc.exit_code, str(exc)))
            return False
        return True

    def close(self) -> None:
        """Stop and release the board."""
        shim, self._shim = self._shim, None
        if shim is None:
            return
        try:
            shim.release()
        except BrainFlowError as exc:
            log.warning("%s: could not be released: %s", self._name, exc)

    def _reset(self, rate_hz: float) -> None:
        counter = PackageCounter(rate_hz, COUNTER_MODULUS.get(self._master.name))
        self._stream = BoardStream(self._layout, rate_hz, counter, UnixToLsl(of_now=self.is_live), self._codes)
        self._poll_s = min(max(1.0 / rate_hz, 0.001), 0.01)
        self._ready: deque[Chunk] = deque()
        self._arrived_s = now_s()

    def _params(self) -> BrainFlowInputParams:
        s = self._settings
        params = BrainFlowInputParams()
        for key in (
            *("serial_port", "mac_address", "serial_number", "other_info", "file", "file_aux", "file_anc"),
            *("ip_address", "ip_address_aux", "ip_address_anc", "ip_port", "ip_port_aux", "ip_port_anc"),
        ):
            setattr(params, key, getattr(s, key))
        params.timeout = s.timeout_s
        params.ip_protocol = ("none", "udp", "tcp").index(s.ip_protocol)
        if self._master is not self._board:
            params.master_board = self._master.value
        return params

    def _read_layout(self, described: dict[str, Any]) -> StreamSpec:
        """Find the rows of the signal, the names of its channels and the rate."""
        s = self._settings
        kind = next((kind for kind in ("eeg", "emg", "ecg", "eog") if described.get(f"{kind}_channels")), None)
        if kind is None:
            raise ConnectFailed(f"{self._master.name}: the preset '{s.preset}' has no EEG, EMG, ECG or EOG channels")
        signals = tuple(described[f"{kind}_channels"])
        ohms = self._impedance_rows(described, signals)
        self._layout = BoardLayout(
            (*signals, *ohms),
            described["timestamp_channel"],
            described.get("marker_channel"),
            described.get("package_num_channel"),
        )
        names = [canonical_name(name) for name in described.get("eeg_names", "").split(",")] if kind == "eeg" else []
        if len(names) != len(signals):
            names = [f"{kind.upper()}{i + 1}" for i in range(len(signals))]
        if s.channels and len(s.channels) != len(names):
            raise ConfigError(
                f"brainflow_board: channels: {self._master.name} has {len(names)} channels, not {len(s.channels)}"
            )
        names = list(s.channels or names)
        channels = tuple(Channel(name, kind) for name in names)
        channels += tuple(
            Channel(f"{name} {IMPEDANCE}", IMPEDANCE, "Ohm") for name, _ in zip(names, ohms, strict=False)
        )
        where = s.serial_number or s.mac_address or s.serial_port or s.ip_address or Path(s.file).name
        source_id = "-".join(part for part in ("brainflow", self._master.name.lower(), where) if part)
        return StreamSpec(s.rate_hz or float(described["sampling_rate"]), channels, source_id)

    def _impedance_rows(self, described: dict[str, Any], signals: tuple[int, ...]) -> tuple[int, ...]:
        """Return the rows of impedances, in the signals' order; what follows them is of reference and ground."""
        if not self._settings.impedance:
            return ()
        rows = tuple(described.get("resistance_channels", ()))[: len(signals)]
        if not rows or set(rows) & set(signals):
            raise ConnectFailed(f"{self._master.name} delivers no impedances beside its signals: set impedance = false")
        return rows

    def _fetch(self, shim: _Session) -> None:
        """Take what BrainFlow has stored and queue it as chunks."""
        try:
            rows: NDArray[np.float64] = shim.get_board_data(preset=self._preset)
        except BrainFlowError as exc:
            raise StreamLost(explain_exit(self._name, exc.exit_code, str(exc))) from exc
        if rows.shape[1] == 0:
            self._check_silence()
            return
        self._arrived_s = now_s()
        self._ready.extend(self._stream.push(rows))

    def _check_silence(self) -> None:
        silent_s = now_s() - self._arrived_s
        if silent_s > RELEASE_AFTER_S:
            self._ready.extend(self._stream.release())
        if self._ready or silent_s < self._settings.lost_after_s:
            return
        if self._name == PLAYBACK and "loopback_true" not in self._settings.config:
            raise StreamEnded(f"{self._settings.file} has been played to its end")
        raise StreamLost(
            f"{self._name} has sent nothing for {silent_s:.1f} s: check that it is switched on, charged and near "
            f"({self._name} needs: {needs_of(self._name)})"
        )


def build(settings: Settings) -> BrainFlowSource:
    """Return a source for a BrainFlow board.

    Raises
    ------
    ConfigError
        If there is no such board, or playback and streaming lack their master board.
    """
    return BrainFlowSource(settings)
