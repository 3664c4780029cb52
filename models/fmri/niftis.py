"""Volumes of NIfTI files as arrays (x, y, z)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import MissingDependency, RecordingError


def open_nifti(path: Path) -> Any:
    """Open a file; its samples are read when asked for.

    Raises
    ------
    MissingDependency
        If nibabel is not installed.
    RecordingError
        If the file is absent or damaged.
    """
    try:
        import nibabel
        from nibabel.filebasedimages import ImageFileError
    except ModuleNotFoundError as exc:
        raise MissingDependency(f"{path}: reading NIfTI needs nibabel: pip install 'bci-app[fmri]'") from exc
    try:
        return nibabel.load(path)
    except (OSError, ImageFileError) as exc:
        raise RecordingError(f"{path}: cannot be read: {exc}") from exc


def volume_of(path: Path) -> NDArray[np.float64]:
    """Return the samples of a file.

    Raises
    ------
    RecordingError
        If it is absent or damaged.
    """
    image = open_nifti(path)
    try:
        return np.asarray(image.get_fdata(caching="unchanged"), dtype=np.float64)
    except (OSError, EOFError, ValueError) as exc:
        raise RecordingError(f"{path}: cannot be read: {exc}") from exc


def affine_of(path: Path) -> NDArray[np.float64]:
    """Return the matrix (4, 4) from voxel indices to mm."""
    return np.asarray(open_nifti(path).affine, dtype=np.float64)
