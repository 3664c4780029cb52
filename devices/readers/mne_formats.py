"""EDF, BDF, GDF, BrainVision, EEGLAB and FIF, through MNE."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import mne
import numpy as np

from devices.channel_units import parse_unit
from devices.recording_data import ReadOptions, Recording
from pipelines.errors import RecordingError
from pipelines.signal import MICROVOLTS_PER, Channel, Marker, StreamSpec

SUFFIXES = (".edf", ".bdf", ".gdf", ".vhdr", ".set", ".fif")
VOLTS = frozenset({"eeg", "eog", "ecg", "emg", "bio", "seeg", "ecog", "dbs"})
FAILURES = (OSError, ValueError, RuntimeError, KeyError, IndexError, TypeError, AttributeError, NotImplementedError)


def read(path: Path, options: ReadOptions) -> Recording:
    """Read a file; annotations and a companion ``-eve.fif`` become markers.

    Raises
    ------
    RecordingError
        If MNE cannot read it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw = _open(path)
            rows = raw.get_data().T
            markers = _annotations(raw) + _companion(path, raw)
    except FAILURES as exc:
        raise RecordingError(f"{path}: cannot be read: {exc}") from exc
    rate_hz = float(raw.info["sfreq"])
    channels = [
        _channel(raw, name, kind, options) for name, kind in zip(raw.ch_names, raw.get_channel_types(), strict=True)
    ]
    # MNE delivers volts, whatever the file's own unit.
    factors = np.array([1e6 if channel.unit == "uV" else 1.0 for channel in channels])
    if options.unit:
        stated = MICROVOLTS_PER[options.unit]
        factors = np.array([stated if c.kind == "eeg" else f for c, f in zip(channels, factors, strict=True)])
    spec = StreamSpec(rate_hz, tuple(channels), path.name)
    times_s = np.arange(len(rows)) / rate_hz
    return Recording(spec, (rows * factors).astype(np.float32), times_s, markers=tuple(sorted(markers, key=_time)))


def _open(path: Path) -> Any:
    suffix = path.suffix.lower()
    if suffix in (".edf", ".bdf"):
        reader = mne.io.read_raw_edf if suffix == ".edf" else mne.io.read_raw_bdf
        return reader(path, preload=True, infer_types=True, verbose="error")
    return mne.io.read_raw(path, preload=True, verbose="error")


def _channel(raw: Any, name: str, kind: str, options: ReadOptions) -> Channel:
    if kind == "eeg" and options.unit:
        return Channel(name, kind, "uV")
    written = (getattr(raw, "_orig_units", None) or {}).get(name, "V")
    # MNE takes a unit that it does not know for volts; that is a guess, so it is not passed on.
    known = parse_unit(written) != "unknown"
    if kind in VOLTS:
        return Channel(name, kind, "uV" if known else "unknown")
    return Channel(name, kind, "1")


def _annotations(raw: Any) -> list[Marker]:
    onset_s = raw.first_time if raw.info["meas_date"] is not None else 0.0
    return [Marker(float(a["onset"]) - onset_s, str(a["description"]), "annotations") for a in raw.annotations]


def _companion(path: Path, raw: Any) -> list[Marker]:
    """Events beside a FIF file: ``X-eve.fif`` for ``X_raw.fif`` or ``X.fif``."""
    stem = path.stem.removesuffix("_raw").removesuffix("-raw")
    events_file = path.with_name(f"{stem}-eve.fif")
    if path.suffix != ".fif" or not events_file.is_file():
        return []
    events = mne.read_events(events_file, verbose="error")
    return [Marker((int(at) - raw.first_samp) / raw.info["sfreq"], str(code), "events") for at, _, code in events]


def _time(marker: Marker) -> float:
    return marker.time_s
