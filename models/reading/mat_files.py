"""Variables of MATLAB files, by name: what is not asked for, such as who a person is, is not read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat, whosmat

from models.reading.damage import damage_told
from pipelines.errors import RecordingError

KIND = " as a MATLAB file"


def mat_names(path: Path) -> list[str]:
    """Return the names of a file's variables.

    Raises
    ------
    RecordingError
        If the file is absent or damaged.
    """
    with damage_told(path, KIND):
        return [name for name, _, _ in whosmat(path)]


def read_mat(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """Return variables of a MATLAB file (versions 4 to 7.2).

    Raises
    ------
    RecordingError
        If the file is absent or damaged, or lacks one of them.
    """
    with damage_told(path, KIND):
        found: dict[str, Any] = loadmat(path, variable_names=list(names))
    missing = [name for name in names if name not in found]
    if missing:
        raise RecordingError(f"{path}: has no variable {', '.join(missing)}")
    return {name: found[name] for name in names}


def named(codes: NDArray[Any], names: Mapping[int, str], path: Path) -> list[str]:
    """Return the class names of an array of codes.

    Raises
    ------
    RecordingError
        If a code has no name.
    """
    flat = np.ravel(codes)
    unknown = sorted({float(code) for code in flat if code not in names})
    if unknown:
        raise RecordingError(f"{path}: codes {unknown} stand for no class; known are {sorted(names)}")
    return [names[int(code)] for code in flat]
