"""Comma-separated values with a header: ``timestamps``, one column a channel, perhaps ``Marker…`` (Muse tools)."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np

from devices.recording_data import ReadOptions, Recording, losses_from_times
from pipelines.errors import RecordingError
from pipelines.signal import MICROVOLTS_PER, Channel, Marker, StreamSpec

SUFFIXES = (".csv",)
NOMINAL_RATES_HZ = (52.0, 64.0, 100.0, 125.0, 128.0, 160.0, 200.0, 220.0, 250.0, 256.0, 500.0, 512.0, 1000.0)
TOLERANCE = 0.02


def read(path: Path, options: ReadOptions) -> Recording:
    """Read a file; stamps are rounded to 1 ms, so the time axis is rebuilt from the nominal rate.

    Raises
    ------
    RecordingError
        If there is no column ``timestamps``, a field is no number, or the rate is none of the usual ones.
    """
    names, table = _table(path)
    stamps = table[:, 0]
    marker_column = next((i for i, name in enumerate(names) if name.lower().startswith("marker")), None)
    columns = [i for i in range(1, len(names)) if i != marker_column]
    rate_hz = options.rate_hz or _rate(path, stamps)
    losses = losses_from_times(stamps, rate_hz)
    channels = tuple(Channel(names[i], "misc" if "AUX" in names[i].upper() else "eeg") for i in columns)
    spec = StreamSpec(rate_hz, channels, path.name)
    samples = (table[:, columns] * MICROVOLTS_PER[options.unit or "uV"]).astype(np.float32)
    bare = Recording(spec, samples, stamps, losses)
    times_s = bare.indices() / rate_hz
    markers: tuple[Marker, ...] = ()
    if marker_column is not None:
        codes = table[:, marker_column]
        rows = np.flatnonzero(codes)
        markers = tuple(Marker(float(times_s[r]), f"{codes[r]:g}", names[marker_column]) for r in rows)
    return Recording(spec, samples, times_s, losses, markers=markers)


def _table(path: Path) -> tuple[list[str], np.ndarray]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8", newline="") as file:
            lines = csv.reader(file)
            names = [name.strip() for name in next(lines, [])]
            if not names or names[0].lower() != "timestamps":
                raise RecordingError(
                    f"{path}: the first column must be 'timestamps'; a file written by BrainFlow has no header: "
                    "play it with the source brainflow_board, board = 'PLAYBACK_FILE_BOARD'"
                )
            table = np.array([line for line in lines if len(line) == len(names)], dtype=np.float64)
    except (OSError, ValueError, UnicodeDecodeError) as exc:
        raise RecordingError(f"{path}: cannot be read as CSV: {exc}") from exc
    if len(table) < 2:
        raise RecordingError(f"{path}: holds no samples")
    return names, table


def _rate(path: Path, stamps: np.ndarray) -> float:
    measured = (len(stamps) - 1) / (stamps[-1] - stamps[0])
    nearest = min(NOMINAL_RATES_HZ, key=lambda rate: abs(rate - measured))
    if abs(nearest - measured) > TOLERANCE * nearest:
        raise RecordingError(f"{path}: {measured:.2f} samples a second is no usual rate: state it with rate_hz")
    return nearest
