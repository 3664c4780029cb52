"""Recordings of data sets through MNE: opened with plain errors, channels by their 10-10 names, EEG in microvolts."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.channel_names import canonical_name
from pipelines.errors import RecordingError
from pipelines.signal import Channel, Chunk, StreamSpec, make_chunk


def open_raw(reader: Callable[..., Any], path: Path, *, preload: bool = True, **options: Any) -> Any:
    """Read a file into an MNE ``Raw``.

    Parameters
    ----------
    reader
        Of ``mne.io``, for example ``mne.io.read_raw_edf``.
    path
        The file.
    preload
        Whether all its samples are read at once.
    options
        For the reader.

    Raises
    ------
    RecordingError
        If the file is absent, damaged or empty; names it.
    """
    try:
        with warnings.catch_warnings():
            # On personal fields of headers, file names outside MNE's conventions, odd but readable times.
            warnings.simplefilter("ignore", RuntimeWarning)
            raw = reader(path, preload=preload, verbose="error", **options)
    except Exception as exc:  # MNE raises bare Exceptions, among many others, on damaged files
        raise RecordingError(f"{path}: cannot be read: {exc or type(exc).__name__}") from exc
    if raw.n_times == 0:
        raise RecordingError(f"{path}: cannot be read: it holds no samples")
    return raw


def eeg_stream(
    raw: Any, names: Sequence[str], path: Path, source_id: str, *, reference: str = "unknown", unit: str = "uV"
) -> tuple[StreamSpec, Chunk]:
    """Return channels of a recording as a stream of one chunk whose clock begins at 0.

    Parameters
    ----------
    raw
        MNE ``Raw``.
    names
        10-10 names of the channels, in the order wanted; the file may spell them otherwise.
    path
        For error messages.
    source_id, reference
        For the spec. Dates and initials do not belong there.
    unit
        ``"uV"`` if the file knows its unit; else ``"unknown"``, and samples come as they are.

    Raises
    ------
    RecordingError
        If channels are missing.
    """
    where: dict[str, int] = {}
    for index, name in enumerate(raw.ch_names):
        where.setdefault(canonical_name(name), index)
    missing = [name for name in names if name not in where]
    if missing:
        raise RecordingError(f"{path}: has no channels {', '.join(missing)}; it has {', '.join(raw.ch_names)}")
    rows: NDArray[np.float64] = raw.get_data(picks=[where[name] for name in names]).T
    if unit == "uV":
        rows = rows * 1e6
    spec = StreamSpec(float(raw.info["sfreq"]), tuple(Channel(n, unit=unit) for n in names), source_id, reference)
    return spec, make_chunk(rows, np.arange(len(rows)) / spec.rate_hz, 0)
