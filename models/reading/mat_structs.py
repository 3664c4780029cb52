"""Structs of MATLAB files of any version, HDF5 among them, as dictionaries of their fields."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pymatreader import read_mat

from models.reading.damage import damage_told
from models.reading.mat_files import KIND
from pipelines.errors import RecordingError


def read_struct(path: Path, name: str, fields: Sequence[str]) -> dict[str, Any]:
    """Return fields of a struct; arrays of HDF5 files come with their axes reversed.

    Raises
    ------
    RecordingError
        If the file is absent or damaged, or lacks the struct or one of the fields.
    """
    with damage_told(path, KIND):
        found = read_mat(path, variable_names=[name])
    struct = found.get(name)
    if not isinstance(struct, dict):
        raise RecordingError(f"{path}: has no struct {name}")
    missing = [field for field in fields if field not in struct]
    if missing:
        raise RecordingError(f"{path}: {name} has no field {', '.join(missing)}")
    return {field: struct[field] for field in fields}
