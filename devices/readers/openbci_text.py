"""OpenBCI text: GUI v3 to v6, and converted SD-card logs. The EXG channels are read, not accelerometer or pins."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from devices.channel_units import in_microvolts
from devices.package_counter import PackageCounter
from devices.recording_data import ReadOptions, Recording, indices_of
from pipelines.errors import RecordingError
from pipelines.signal import Channel, Marker, StreamSpec

log = logging.getLogger(__name__)
SUFFIXES = (".txt",)
CYTON_MODULUS = 256
GANGLION_HIGHEST = 200
SD_RATE_HZ = 250.0
CHANNELS_OF_COLUMNS = {9: 8, 12: 8, 17: 16, 20: 16, 5: 4, 8: 4}
"""Columns of the layouts that do not state it (counter, EXG, perhaps three accelerometer axes) → EXG channels."""


@dataclass(frozen=True, slots=True)
class Text:
    """The parts of a file: header lines, column names (v5 and later), rows of fields, number of EXG channels."""

    header: str
    names: list[str]
    rows: list[list[str]]
    n_channels: int


def read(path: Path, options: ReadOptions) -> Recording:
    """Read a file. Time comes from the sample counter: the stamps in it are batched.

    Raises
    ------
    RecordingError
        If it is no OpenBCI text file, or holds no samples.
    """
    text = _parse(path)
    table = _numbers(path, text)
    rate_hz = options.rate_hz or _rate(path, text.header)
    losses = _losses(path, text, table[:, 0], rate_hz)
    times_s = indices_of(len(table), losses) / rate_hz
    pairs = [in_microvolts(Channel(f"EXG{i + 1}", unit=options.unit or "uV")) for i in range(text.n_channels)]
    spec = StreamSpec(rate_hz, tuple(channel for channel, _ in pairs), path.name)
    samples = (table[:, 1:] * [factor for _, factor in pairs]).astype(np.float32)
    return Recording(spec, samples, times_s, losses, markers=_markers(path, text, times_s))


def _parse(path: Path) -> Text:
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
    head = "".join(header)
    if "BCI" not in head.upper() or not rows:
        raise RecordingError(f"{path}: not an OpenBCI text file with samples (its header lines begin with '%OpenBCI')")
    n_channels = _channel_count(path, head, len(rows[0]))
    if len(rows[-1]) <= n_channels:
        log.warning("%s: the last line is cut short and left out", path.name)
        rows.pop()
    return Text(head, names, rows, n_channels)


def _channel_count(path: Path, header: str, n_columns: int) -> int:
    stated = re.search(r"Number of channels\s*=\s*(\d+)", header)
    if stated and 0 < int(stated[1]) < n_columns:
        return int(stated[1])
    if stated:
        raise RecordingError(f"{path}: the header states {stated[1]} channels, the lines have {n_columns} columns")
    if n_columns not in CHANNELS_OF_COLUMNS:
        raise RecordingError(f"{path}: {n_columns} columns, but no line '%Number of channels = …' to say what they are")
    return CHANNELS_OF_COLUMNS[n_columns]


def _numbers(path: Path, text: Text) -> NDArray[np.float64]:
    """Return counter and EXG, shape (n_samples, 1 + n_channels)."""
    wanted = text.n_channels + 1
    try:
        table = np.array([row[:wanted] for row in text.rows], dtype=np.float64).reshape(-1, wanted)
        if np.isfinite(table[:, 0]).all():
            return table
        raise RecordingError(f"{path}: the first column, the sample index, holds something that is no number")
    except ValueError:
        for number, row in enumerate(text.rows):
            try:
                np.array(row[:wanted], dtype=np.float64).reshape(wanted)
            except ValueError as exc:
                raise RecordingError(f"{path}: sample {number} is damaged: {', '.join(row[:wanted])}") from exc
        raise


def _rate(path: Path, header: str) -> float:
    stated = re.search(r"Sample Rate\s*=\s*(\d+\.?\d*)", header)
    if stated:
        return float(stated[1])
    log.warning(
        "%s: no rate in the header; taken as %g Hz, as SD cards are written: state rate_hz if not",
        path.name,
        SD_RATE_HZ,
    )
    return SD_RATE_HZ


def _losses(path: Path, text: Text, numbers: NDArray[np.float64], rate_hz: float) -> dict[int, int]:
    """Return row → samples missing before it, from the counter and, where there is one, the clock."""
    wraps, highest = bool(np.any(np.diff(numbers) < 0)), int(numbers.max())
    modulus = highest + 1 if wraps and highest <= GANGLION_HIGHEST else CYTON_MODULUS
    counter = PackageCounter(rate_hz, modulus)
    counter.learn(numbers)
    if not counter.step:
        log.warning("%s: the sample index does not count; losses cannot be seen", path.name)
        return {}
    arrived_s = _stamps(text)
    if arrived_s is None:
        # Without a clock the counter alone is believed: as much time has passed as it says.
        advance = np.diff(numbers, prepend=numbers[:1]) % modulus
        arrived_s = np.cumsum(advance / counter.step) * counter.samples_per_package / rate_hz
    lost = counter.losses(numbers, arrived_s)
    losses = {int(row): int(lost[row]) for row in np.flatnonzero(lost)}
    jumps = int(np.count_nonzero(np.diff(numbers) % modulus > counter.step))
    if jumps > len(losses):
        log.warning("%s: of %d jumps of the sample index the clock confirms %d", path.name, jumps, len(losses))
    return losses


def _column(text: Text, name: str) -> int | None:
    """Column of that name whose fields every row has."""
    column = next((i for i, title in enumerate(text.names) if title.startswith(name)), None)
    return column if column is not None and all(len(row) > column for row in text.rows) else None


def _stamps(text: Text) -> NDArray[np.float64] | None:
    """UNIX time of arrival (s), or None where the file has none."""
    column = _column(text, "Timestamp")
    if column is None:
        return None
    try:
        stamps = np.array([row[column] for row in text.rows], dtype=np.float64)
    except ValueError:
        return None
    # v5 and early v6 write milliseconds, later ones seconds.
    return stamps / 1e3 if stamps.size and stamps[0] > 1e11 else stamps


def _markers(path: Path, text: Text, times_s: NDArray[np.float64]) -> tuple[Marker, ...]:
    column = _column(text, "Marker")
    if column is None:
        return ()
    try:
        codes = np.array([row[column] or "0" for row in text.rows], dtype=np.float64)
    except ValueError as exc:
        raise RecordingError(f"{path}: column {text.names[column]!r} holds something that is no number") from exc
    return tuple(Marker(float(times_s[row]), f"{codes[row]:g}", "markers") for row in np.flatnonzero(codes))
