"""Tables of numbers as text: with a header (``timestamps``, channels, ``Marker…``: Muse) or without (BrainFlow)."""

from __future__ import annotations

import gzip
import logging
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from devices.channel_units import in_microvolts
from devices.lsl_description import repair_labels
from devices.recording_data import HOLE_S, ReadOptions, Recording, continued, indices_of, losses_from_times
from pipelines.errors import RecordingError
from pipelines.signal import Channel, Marker, StreamSpec

log = logging.getLogger(__name__)
SUFFIXES = (".csv",)
NOMINAL_RATES_HZ = (
    *(25, 50, 52, 64, 100, 125, 128, 160, 200, 220, 250, 256, 300, 400, 500, 512, 600, 1000, 1024, 1200, 2000, 2048),
)
TOLERANCE = 0.01
TIME_NAMES = ("timestamps", "timestamp")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column is what; ``kinds`` has one entry for each signal column."""

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    signals: tuple[int, ...]
    time: int | None
    marker: int | None
    marker_stream: str = "markers"


def read(path: Path, options: ReadOptions) -> Recording:
    """Read a file. Stamps are rounded or batched, so the time axis is rebuilt from the rate and the holes in them.

    Raises
    ------
    RecordingError
        If it is not known what the columns are, a field is no number, or the rate cannot be told.
    """
    lines = _lines(path)
    has_header = not _is_number(lines[0].replace("\t", ",").split(",")[0])
    layout = _named(path, lines[0]) if has_header else _stated(path, lines[0], options)
    table = _numbers(path, lines[has_header:], first_line=1 + has_header)
    stamps = None if layout.time is None else table[:, layout.time]
    if stamps is None and not options.rate_hz:
        raise RecordingError(f"{path}: neither a column of times nor a rate: state time_column or rate_hz")
    rate_hz = options.rate_hz or _rate(path, stamps)
    losses = {} if stamps is None else losses_from_times(continued(stamps, rate_hz, str(path))[0], rate_hz)
    times_s = indices_of(len(table), losses) / rate_hz
    channels, factors = [], []
    for name, kind in zip(layout.names, layout.kinds, strict=True):
        channel, factor = in_microvolts(Channel(name, kind, options.unit or "uV"))
        channels.append(channel)
        factors.append(factor)
    samples = (table[:, layout.signals] * factors).astype(np.float32)
    spec = StreamSpec(rate_hz, tuple(channels), path.name)
    return Recording(spec, samples, times_s, losses, markers=_markers(table, layout, times_s))


def _lines(path: Path) -> list[str]:
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig") as file:
            lines = [line.strip() for line in file if line.strip()]
    except (OSError, EOFError, ValueError, zlib.error) as exc:
        raise RecordingError(f"{path}: cannot be read as text: {exc}") from exc
    if not lines:
        raise RecordingError(f"{path}: is empty")
    return lines


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _named(path: Path, header: str) -> Layout:
    names = [name.strip().strip('"') for name in header.split(",")]
    if names[0].lower() not in TIME_NAMES:
        raise RecordingError(f"{path}: the first column must be 'timestamps', it is {names[0][:40]!r}")
    markers = [i for i, name in enumerate(names) if name.lower().startswith("marker")]
    signals = tuple(i for i in range(1, len(names)) if i not in markers)
    if len(markers) > 1 or not signals:
        raise RecordingError(f"{path}: {len(signals)} signal columns and {len(markers)} marker columns")
    marker = markers[0] if markers else None
    return Layout(
        tuple(repair_labels([names[i] for i in signals], path.name)),
        tuple("misc" if "AUX" in names[i].upper() else "eeg" for i in signals),
        signals,
        time=0,
        marker=marker,
        marker_stream=names[marker] if marker is not None else "",
    )


def _stated(path: Path, line: str, options: ReadOptions) -> Layout:
    n_columns = len(line.replace("\t", ",").split(","))
    if not options.columns:
        raise RecordingError(
            f"{path}: {n_columns} columns without a header, as BrainFlow writes them; what they hold depends on the "
            "board: state columns = {Fp1 = 1, ...}, time_column and marker_column (counted from 0), or play the file "
            "with the source brainflow_board, board = 'PLAYBACK_FILE_BOARD'"
        )
    asked = [*options.columns.values(), *(c for c in (options.time_column, options.marker_column) if c is not None)]
    outside = [column for column in asked if not 0 <= column < n_columns]
    if outside:
        raise RecordingError(f"{path}: there is no column {outside[0]}; columns are counted from 0 to {n_columns - 1}")
    return Layout(
        tuple(options.columns),
        ("eeg",) * len(options.columns),
        tuple(options.columns.values()),
        options.time_column,
        options.marker_column,
    )


def _numbers(path: Path, lines: list[str], first_line: int) -> NDArray[np.float64]:
    """Return the table, shape (n_samples, n_columns); a last line that was cut short is left out."""
    rows = [line.replace("\t", ",").split(",") for line in lines]
    if len(rows) < 2:
        raise RecordingError(f"{path}: holds no samples")
    width = len(rows[0])
    if len(rows[-1]) != width:
        log.warning("%s: the last line is cut short and left out", path.name)
        rows.pop()
    try:
        return np.array(rows, dtype=np.float64)
    except ValueError:
        for number, row in enumerate(rows, start=first_line):
            if len(row) != width or not all(map(_is_number, row)):
                raise RecordingError(f"{path}: line {number} is not {width} numbers: {','.join(row)[:80]}") from None
        raise


def _rate(path: Path, stamps: NDArray[np.float64] | None) -> float:
    """Return the usual rate nearest to that of the stamps, pauses left out."""
    assert stamps is not None
    steps = np.diff(stamps)
    flowing = steps[np.abs(steps) <= HOLE_S]
    measured = flowing.size / flowing.sum() if flowing.sum() > 0 else 0.0
    nearest = min(NOMINAL_RATES_HZ, key=lambda rate: abs(rate - measured))
    if abs(nearest - measured) > TOLERANCE * nearest:
        raise RecordingError(f"{path}: {measured:.2f} samples a second is no usual rate: state it with rate_hz")
    return float(nearest)


def _markers(table: NDArray[np.float64], layout: Layout, times_s: NDArray[np.float64]) -> tuple[Marker, ...]:
    if layout.marker is None:
        return ()
    codes = table[:, layout.marker]
    rows = np.flatnonzero(np.nan_to_num(codes))
    return tuple(Marker(float(times_s[row]), f"{codes[row]:g}", layout.marker_stream) for row in rows)
