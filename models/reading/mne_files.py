"""Recordings of data sets through MNE: opened with plain errors, channels by their 10-10 names, EEG in microvolts."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mne
import numpy as np
from numpy.typing import NDArray

from models.reading.damage import damage_told
from models.reading.streams import eeg_spec, one_chunk, places
from pipelines.errors import RecordingError
from pipelines.signal import Chunk, StreamSpec


@contextmanager
def through_mne(path: Path) -> Iterator[None]:
    """Call MNE on a file: damage is told, warnings are not.

    It warns of personal fields of headers, file names outside its conventions, odd but readable times.

    Raises
    ------
    RecordingError
        If the file is absent or damaged.
    """
    with damage_told(path), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


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
    with through_mne(path):
        raw = reader(path, preload=preload, verbose="error", **options)
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
    rows: NDArray[np.float64] = raw.get_data(picks=places(names, raw.ch_names, path)).T
    if unit == "uV":
        rows = rows * 1e6
    spec = eeg_spec(names, float(raw.info["sfreq"]), source_id, reference, unit)
    return spec, one_chunk(rows, spec.rate_hz)


def read_span(raw: Any, picks: Sequence[int], start: int, stop: int, path: Path) -> NDArray[np.float64]:
    """Read samples ``start`` to ``stop`` of a recording that is not preloaded: (n_samples, n_picks), in microvolts.

    Raises
    ------
    RecordingError
        If the file is damaged; names it.
    """
    with through_mne(path):
        rows: NDArray[np.float64] = raw.get_data(picks=list(picks), start=start, stop=stop, verbose="error").T
    return rows * 1e6


def read_annotations(path: Path) -> list[tuple[float, float, str]]:
    """Return onset (s), duration (s) and text of the annotations of a file.

    Raises
    ------
    RecordingError
        If the file is absent or damaged.
    """
    with through_mne(path):
        return spans(mne.read_annotations(path))


def spans(annotations: Any) -> list[tuple[float, float, str]]:
    """Return onset (s), duration (s) and text of each of MNE's annotations."""
    columns = (annotations.onset, annotations.duration, annotations.description)
    return [(float(onset), float(lasts), str(text)) for onset, lasts, text in zip(*columns, strict=True)]
