"""What is wanted of an NWB file: units with electrodes, series of behaviour, and the table of trials."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pynwb
from numpy.typing import NDArray

from models.dataset import Trial
from models.reading.damage import damage_told
from models.spikes.recording import Recording, Series, from_trains
from models.spikes.units import Units
from pipelines.errors import RecordingError

Row = Mapping[str, Any]
"""One trial: columns by name."""


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a file for reading.

    Raises
    ------
    RecordingError
        If it is absent or damaged, or what is read of it inside the block is.
    """
    with damage_told(path, " as an NWB file"), pynwb.NWBHDF5IO(str(path), "r") as io:
        yield io.read()


def read_nwb(
    path: Path,
    subject: str,
    session: str,
    *,
    covariates: Mapping[str, Sequence[str]],
    trial: Callable[[Row], Trial | None],
    descriptors: Sequence[str] = (),
) -> Recording:
    """Read one file.

    Parameters
    ----------
    path
        The file.
    subject, session
        As they are to be called; nothing about persons or dates is read.
    covariates
        For each name the path of a series below ``processing/behavior``, such as ``("Velocity", "cursor_vel")``.
    trial
        Makes a trial of a row of the table; None: it is not used.
    descriptors
        Numeric columns of the table of units that are kept.

    Raises
    ------
    RecordingError
        If anything of this is missing or damaged.
    """
    with opened(path) as nwb:
        units, trains = _units(nwb, subject, session, descriptors)
        series = {name: _series(nwb, where) for name, where in covariates.items()}
        rows = _rows(nwb)
        starts = [float(s.times_s[0]) for s in series.values()] + [float(t[0]) for t in trains if len(t)]
        stops = [float(s.times_s[-1]) + 1.0 / s.rate_hz for s in series.values()]
        stops += [float(np.nextafter(t[-1], np.inf)) for t in trains if len(t)]
        if not starts:
            raise ValueError("neither a spike nor a sample in it")
        found = [made for row in rows if (made := trial(row)) is not None]
        inside = [t for t in found if t.start_s >= min(starts) and t.stop_s <= max(stops)]
        trials = tuple(sorted(inside, key=lambda t: t.start_s))
        return Recording(units, from_trains(trains), min(starts), max(stops), series, trials)


def _units(nwb: Any, subject: str, session: str, descriptors: Sequence[str]) -> tuple[Units, list[NDArray[np.float64]]]:
    table = nwb.units
    if table is None or "spike_times" not in table.colnames:
        raise ValueError("it has no table of units with spike times")
    n_units = len(table)
    trains = [np.asarray(table["spike_times"][row], np.float64) for row in range(n_units)]
    missing = [name for name in descriptors if name not in table.colnames]
    if missing:
        raise ValueError(f"the table of units has no column {', '.join(missing)}; it has {', '.join(table.colnames)}")
    columns = [np.asarray(table[name][:], np.float32) for name in descriptors]
    values = np.stack(columns, axis=1) if columns else np.empty((n_units, 0), np.float32)
    ids = tuple(str(number) for number in table.id[:])
    return Units(subject, session, ids, _positions(nwb, table, n_units), values, tuple(descriptors)), trains


def _positions(nwb: Any, table: Any, n_units: int) -> NDArray[np.float32]:
    """Return the mean position of each unit's electrodes (n_units, 3), as the file has it; NaN where it is not told."""
    positions = np.full((n_units, 3), np.nan, np.float32)
    if nwb.electrodes is None or "electrodes" not in table.colnames:
        return positions
    axes = [name for name in ("x", "y", "z") if name in nwb.electrodes.colnames]
    for row in range(n_units):
        rows = table["electrodes"].get(row, df=False, index=True)
        for axis in axes:
            where = np.asarray(nwb.electrodes[axis][:], np.float32)[np.atleast_1d(rows)]
            positions[row, "xyz".index(axis)] = where.mean() if where.size else np.nan
    return positions


def _series(nwb: Any, where: Sequence[str]) -> Series:
    """Return a series at its median rate; samples that come at other times are interpolated."""
    part = nwb.processing["behavior"]
    for name in where:
        part = part[name]
    values = np.asarray(part.data[:], np.float32)
    values = values.reshape(len(values), -1)
    if part.rate is not None:
        return Series(values, float(part.rate), float(part.starting_time))
    times = np.asarray(part.timestamps[:], np.float64)
    if len(times) < 2 or np.any(np.diff(times) <= 0):
        raise ValueError(f"the times of {'/'.join(where)} do not rise")
    step = float(np.median(np.diff(times)))
    grid = times[0] + step * np.arange(round((times[-1] - times[0]) / step) + 1)
    if len(grid) == len(times) and np.max(np.abs(grid - times)) < 0.01 * step:
        return Series(values, 1.0 / step, float(times[0]))
    even = [np.interp(grid, times, column) for column in values.T]
    return Series(np.stack(even, axis=1).astype(np.float32), 1.0 / step, float(times[0]))


def _rows(nwb: Any) -> list[dict[str, Any]]:
    table = nwb.trials
    if table is None:
        raise ValueError("it has no table of trials")
    columns = {name: table[name][:] for name in table.colnames}
    return [{name: column[row] for name, column in columns.items()} for row in range(len(table))]


def column(row: Row, name: str) -> Any:
    """Return a column of a trial.

    Raises
    ------
    RecordingError
        If the table has no such column.
    """
    if name not in row:
        raise RecordingError(f"the table of trials has no column {name}; it has {', '.join(sorted(row))}")
    return row[name]
