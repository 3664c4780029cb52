"""Arrays by name out of npz and HDF5 files; nothing pickled is read."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import MissingDependency, RecordingError

HDF5_SUFFIXES = (".h5", ".hdf5")


def read_npz(path: Path, needed: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return all arrays of an npz file.

    Raises
    ------
    RecordingError
        If it is absent, damaged, holds pickles, or lacks one that is ``needed``.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            found = {name: np.asarray(file[name]) for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile) as exc:
        raise RecordingError(f"{path}: cannot be read: {exc}") from exc
    _check(path, found, needed)
    return found


@contextmanager
def open_hdf5(path: Path) -> Iterator[Any]:
    """Open an HDF5 file for reading.

    Raises
    ------
    MissingDependency
        If h5py is not installed.
    RecordingError
        If the file is absent or damaged.
    """
    try:
        import h5py
    except ModuleNotFoundError as exc:
        raise MissingDependency(f"{path}: reading HDF5 needs h5py: pip install 'bci-app[fmri]'") from exc
    try:
        with h5py.File(path, "r") as file:
            yield file
    except OSError as exc:
        raise RecordingError(f"{path}: cannot be read: {exc}") from exc


def read_arrays(path: Path, needed: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return all arrays of an npz file, or of an HDF5 file's top level, whose text becomes str.

    Raises
    ------
    RecordingError
        If it is absent, damaged or lacks one that is ``needed``.
    """
    if path.suffix.lower() not in HDF5_SUFFIXES:
        return read_npz(path, needed)
    with open_hdf5(path) as file:
        sets = {name: item for name, item in file.items() if hasattr(item, "shape")}
        found = {name: np.asarray(s.asstr()[:] if s.dtype.kind in "OS" else s[:]) for name, s in sets.items()}
    _check(path, found, needed)
    return {name: value.astype(np.str_) if value.dtype == object else value for name, value in found.items()}


def _check(path: Path, found: dict[str, NDArray[Any]], needed: Sequence[str]) -> None:
    if absent := [name for name in needed if name not in found]:
        raise RecordingError(f"{path}: no array {absent[0]!r}; there are {', '.join(sorted(found)) or 'none'}")
