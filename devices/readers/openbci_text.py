"""OpenBCI text: GUI v4 to v6, and converted SD-card logs."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import numpy as np

from devices.recording_data import ReadOptions, Recording, losses_from_counter
from pipelines.errors import RecordingError
from pipelines.signal import MICROVOLTS_PER, Channel, Marker, StreamSpec

log = logging.getLogger(__name__)
SUFFIXES = (".txt",)
COUNTER_MODULUS = 256
SD_RATE_HZ = 250.0
COLUMNS_TO_CHANNELS = {9: 8, 12: 8, 17: 16, 20: 16, 5: 4, 8: 4}
"""Columns of the old layouts (counter, EXG, perhaps three accelerometer axes) → EXG channels."""


def read(path: Path, options: ReadOptions) -> Recording:
    """Read a file. Time comes from the sample counter: the stamps in it are batched.

    Raises
    ------
    RecordingError
        If it is no OpenBCI text file, or holds no samples.
    """
    header, names, rows = _lines(path)
    n = _channel_count(path, header, len(rows[0]))
    table = np.array([row[: n + 1] for row in rows if len(row) > n], dtype=np.float64)
    if len(table) < len(rows):
        log.warning("%s: %d incomplete lines were left out", path.name, len(rows) - len(table))
    if not len(table):
        raise RecordingError(f"{path}: no complete line of samples")
    rate_hz = options.rate_hz or _rate(path, header)
    losses = losses_from_counter(table[:, 0].astype(np.int64), COUNTER_MODULUS)
    factor = MICROVOLTS_PER[options.unit or "uV"]
    spec = StreamSpec(rate_hz, tuple(Channel(f"EXG{i + 1}") for i in range(n)), path.name)
    recording = Recording(spec, (table[:, 1:] * factor).astype(np.float32), np.zeros(len(table)), losses)
    times_s = recording.indices() / rate_hz
    return Recording(spec, recording.samples, times_s, losses, markers=_markers(names, rows, times_s))


def _lines(path: Path) -> tuple[list[str], list[str], list[list[str]]]:
    header: list[str] = []
    names: list[str] = []
    rows: list[list[str]] = []
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("%"):
                    header.append(line)
                elif line[:1].isdigit() or line[:1] == "-":
                    rows.append([field.strip() for field in line.split(",")])
                elif line.strip() and not rows:
                    names = [field.strip() for field in line.split(",")]
    except OSError as exc:
        raise RecordingError(f"{path}: cannot be read: {exc.strerror}") from exc
    if not header or "BCI" not in "".join(header).upper() or not rows:
        raise RecordingError(f"{path}: not an OpenBCI text file with samples (its header lines begin with '%OpenBCI')")
    return header, names, rows


def _channel_count(path: Path, header: list[str], n_columns: int) -> int:
    stated = re.search(r"Number of channels\s*=\s*(\d+)", "".join(header))
    if stated:
        return int(stated[1])
    if n_columns not in COLUMNS_TO_CHANNELS:
        raise RecordingError(f"{path}: {n_columns} columns, but no line '%Number of channels = …' to say what they are")
    return COLUMNS_TO_CHANNELS[n_columns]


def _rate(path: Path, header: list[str]) -> float:
    stated = re.search(r"Sample Rate\s*=\s*([\d.]+)", "".join(header))
    if stated:
        return float(stated[1])
    log.warning("%s: no rate in the header; SD cards are written at %g Hz unless set otherwise", path.name, SD_RATE_HZ)
    return SD_RATE_HZ


def _markers(names: list[str], rows: list[list[str]], times_s: np.ndarray) -> tuple[Marker, ...]:
    column = next((i for i, name in enumerate(names) if name.startswith("Marker")), None)
    if column is None:
        return ()
    values = [row[column] if len(row) > column else "0" for row in rows][: len(times_s)]
    return tuple(Marker(float(t), v, "marker channel") for t, v in zip(times_s, values, strict=True) if float(v or 0))
