"""Large arrays kept on the disk and memory-mapped: complete or not there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def write_npy(path: Path, shape: tuple[int, ...], dtype: str, fill: Callable[[NDArray[Any]], None]) -> None:
    """Let ``fill`` write an array into a file that takes its name only when it is complete and on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        mapped = np.lib.format.open_memmap(part, mode="w+", dtype=dtype, shape=shape)
        fill(mapped)
        mapped.flush()
        del mapped
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class RowCache:
    """Float32 arrays by key in a folder; without a folder nothing is kept."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder) if str(folder) else None

    def array(
        self, key: Sequence[str], shape: tuple[int, ...], fill: Callable[[NDArray[Any]], None]
    ) -> NDArray[np.float32]:
        """Return the array of a key, read-only from the disk where it is known, else filled."""
        if self._folder is None:
            found = np.empty(shape, dtype=np.float32)
            fill(found)
            return found
        path = self._folder / f"{hashlib.sha256(repr([*key, shape]).encode()).hexdigest()[:32]}.npy"
        if not path.is_file():
            write_npy(path, shape, "<f4", fill)
        kept: NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
        return kept
