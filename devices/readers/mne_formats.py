"""EDF, BDF, GDF, BrainVision, EEGLAB and FIF, through MNE. Nothing of the person in the header is read on."""

from __future__ import annotations

import logging
import re
import warnings
from pathlib import Path
from typing import Any

import mne
import numpy as np
from numpy.typing import NDArray

from devices.channel_units import UNKNOWN, parse_unit
from devices.lsl_description import VOLTAGE_KINDS, repair_labels
from devices.recording_data import ReadOptions, Recording
from pipelines.errors import RecordingError
from pipelines.signal import MICROVOLTS_PER, Channel, Flag, Marker, StreamSpec

log = logging.getLogger(__name__)
SUFFIXES = (".edf", ".bdf", ".gdf", ".vhdr", ".set", ".fif")
VOLTAGES = VOLTAGE_KINDS | {"bio"}
MICROVOLTS = 1e6
BLOCK_VALUES = 1 << 20
CUT = re.compile(r"boundary|new segment/.*", re.IGNORECASE)
"""Annotations that say: what follows was not recorded right after what precedes (EEGLAB, BrainVision)."""
SKIPPED = "BAD_ACQ_SKIP"
PERSONAL = re.compile(r"birth|date|patient|subject|sex\b|gender|\bage\b|hand", re.IGNORECASE)


class FileRows:
    """Samples that are read from the file when they are asked for, one block at a time.

    Parameters
    ----------
    raw
        MNE's open file.
    factors
        What each channel's values are multiplied by, shape (n_channels,).
    path
        For error messages.
    """

    def __init__(self, raw: Any, factors: NDArray[np.float64], path: Path) -> None:
        self._raw, self._factors, self._path = raw, factors, path
        self._block_rows = max(1, BLOCK_VALUES // len(factors))
        self._block_number = -1
        self._block = np.empty((0, len(factors)), dtype=np.float32)

    def __len__(self) -> int:
        return int(self._raw.n_times)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Return everything."""
        return np.array(self[:], dtype=dtype, copy=copy)

    def __getitem__(self, rows: slice, /) -> NDArray[np.float32]:
        start, stop, _ = rows.indices(len(self))
        size = self._block_rows
        parts = []
        for number in range(start // size, -(-stop // size)):
            first = number * size
            parts.append(self._read(number)[max(start - first, 0) : stop - first])
        return parts[0] if len(parts) == 1 else np.concatenate([self._block[:0], *parts])

    def _read(self, number: int) -> NDArray[np.float32]:
        if number != self._block_number:
            first = number * self._block_rows
            last = min(first + self._block_rows, len(self))
            try:
                values = self._raw.get_data(start=first, stop=last)
            except Exception as exc:
                raise RecordingError(f"{self._path}: samples {first} to {last} cannot be read: {exc}") from exc
            block = np.empty(values.T.shape, dtype=np.float32)
            np.multiply(values.T, self._factors, out=block, casting="same_kind")
            self._block, self._block_number = block, number
        return self._block


def read(path: Path, options: ReadOptions) -> Recording:
    """Open a file; annotations and a companion ``-eve.fif`` become markers.

    Raises
    ------
    RecordingError
        If MNE cannot read it.
    """
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            raw = _open(path)
            if _is_mixed(raw) or path.suffix.lower() == ".gz":
                raw.load_data(verbose="error")
            markers = _annotations(raw) + _companion(path, raw)
    except Exception as exc:  # MNE raises bare Exceptions, among many others, on damaged files
        raise RecordingError(f"{path}: cannot be read: {str(exc) or type(exc).__name__}") from exc
    for text in {str(warning.message) for warning in caught if issubclass(warning.category, RuntimeWarning)}:
        if not PERSONAL.search(text):
            log.warning("%s: %s", path.name, text)
    rate_hz = float(raw.info["sfreq"])
    channels, factors = _channels(path, raw, options)
    times_s = np.arange(raw.n_times) / rate_hz
    rows = FileRows(raw, factors, path)
    spec = StreamSpec(rate_hz, channels, path.name)
    measured = raw.info["meas_date"]
    return Recording(
        spec,
        rows,
        times_s,
        flags=_flags(raw),
        markers=tuple(sorted(markers, key=_time)),
        measured_unix_s=measured.timestamp() if measured else None,
    )


def _open(path: Path) -> Any:
    suffix = path.suffix.lower()
    if suffix in (".edf", ".bdf"):
        reader = mne.io.read_raw_edf if suffix == ".edf" else mne.io.read_raw_bdf
        return reader(path, infer_types=True, verbose="warning")
    return mne.io.read_raw(path, verbose="warning")


def _is_mixed(raw: Any) -> bool:
    """Whether MNE will resample slower channels: then block edges would show, and the file is read at once."""
    extras = raw._raw_extras[0]
    if not isinstance(extras, dict) or "n_samps" not in extras:
        return False
    return np.unique(np.asarray(extras["n_samps"])[extras["sel"]]).size > 1


def _channels(path: Path, raw: Any, options: ReadOptions) -> tuple[tuple[Channel, ...], NDArray[np.float64]]:
    """Return what will be delivered, and the factors from MNE's numbers to it."""
    written: dict[str, str] = getattr(raw, "_orig_units", None) or {}
    channels, factors = [], []
    labels = repair_labels(list(raw.ch_names), path.name)
    for label, name, kind in zip(labels, raw.ch_names, raw.get_channel_types(), strict=True):
        unit = parse_unit(written.get(name, "V" if kind in VOLTAGES else None))
        if options.unit and kind in VOLTAGES:
            # MNE has made volts of the unit that is written, and taken one that it does not know for volts.
            factor = MICROVOLTS_PER[options.unit] * MICROVOLTS / MICROVOLTS_PER.get(unit, MICROVOLTS)
            unit = options.unit
        else:
            factor = 1.0 if unit == UNKNOWN else MICROVOLTS
        dimension = "1" if kind == "stim" else UNKNOWN
        channels.append(Channel(label, kind, dimension if unit == UNKNOWN else "uV"))
        factors.append(factor)
    return tuple(channels), np.array(factors)


def _annotations(raw: Any) -> list[Marker]:
    return [Marker(onset_s, label, "annotations") for onset_s, _, label in _notes(raw)]


def _notes(raw: Any) -> list[tuple[float, float, str]]:
    """Return onset from the first sample (s), duration (s) and text of every annotation."""
    origin_s = raw.first_time if raw.info["meas_date"] is not None else 0.0
    return [(float(a["onset"]) - origin_s, float(a["duration"]), str(a["description"])) for a in raw.annotations]


def _flags(raw: Any) -> NDArray[np.uint8]:
    flags = np.zeros(raw.n_times, dtype=np.uint8)
    rate_hz = raw.info["sfreq"]
    for onset_s, duration_s, label in _notes(raw):
        row = max(round(onset_s * rate_hz), 0)
        if label.removeprefix("Comment/") == SKIPPED:  # BrainVision's spelling of every annotation
            flags[row : round((onset_s + duration_s) * rate_hz)] |= np.uint8(Flag.LOST)
        elif CUT.fullmatch(label) and 0 < row < len(flags):
            flags[row] |= Flag.CLOCK_JUMP
    return flags


def _companion(path: Path, raw: Any) -> list[Marker]:
    """Events beside a FIF file: ``X-eve.fif`` for ``X_raw.fif`` or ``X.fif``."""
    stem = path.name.removesuffix(".gz").removesuffix(".fif").removesuffix("_raw").removesuffix("-raw")
    events_file = path.with_name(f"{stem}-eve.fif")
    if not path.name.removesuffix(".gz").endswith(".fif") or not events_file.is_file():
        return []
    events = mne.read_events(events_file, verbose="error")
    return [Marker((int(at) - raw.first_samp) / raw.info["sfreq"], str(code), "events") for at, _, code in events]


def _time(marker: Marker) -> float:
    return marker.time_s
