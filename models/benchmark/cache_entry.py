"""One folder of the cache: windows.f32 (raw, memory-mapped), table.npy, meta.json; complete, or not there."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from models.benchmark.file_hashes import FileHashes
from models.benchmark.windows import COLUMNS
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings
from pipelines.signal import StreamSpec

FORMAT = 1
"""Raised whenever the code that cuts windows begins to cut others."""
WINDOWS, TABLE, META = "windows.f32", "table.npy", "meta.json"
UNFINISHED = "unfinished-"
FORGOTTEN_AFTER_S = 7 * 24 * 3600.0


class Meta(PluginSettings):
    """What meta.json says."""

    format: int
    key: str
    spec: StreamSpec
    n_windows: int
    n_samples: int
    labels: tuple[str, ...]
    contents: tuple[str, ...]
    dropped: int
    sha256: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A complete entry: windows (n_windows, n_samples, n_channels) and their table, both memory-mapped."""

    meta: Meta
    samples: NDArray[np.float32]
    table: NDArray[Any]


def open_entry(folder: Path, hashes: FileHashes) -> Entry | None:
    """Open an entry; None if there is none.

    Raises
    ------
    RecordingError
        If it is damaged.
    """
    if not folder.is_dir():
        return None
    try:
        meta = Meta.model_validate_json((folder / META).read_bytes())
        for name, expected in meta.sha256.items():
            if hashes.sha256(folder / name) != expected:
                raise RecordingError(f"{folder / name}: not what was written")
        shape = (meta.n_windows, meta.n_samples, meta.spec.n_channels)
        samples = np.memmap(folder / WINDOWS, dtype="<f4", mode="r", shape=shape)
        table = np.load(folder / TABLE, mmap_mode="r", allow_pickle=False)
    except (OSError, ValidationError, ValueError) as exc:
        raise RecordingError(f"{folder}: damaged: {exc}") from exc
    if meta.format != FORMAT or meta.key != folder.name or table.dtype != COLUMNS or len(table) != meta.n_windows:
        raise RecordingError(f"{folder}: its parts do not fit together")
    return Entry(meta, samples, table)


class Writer:
    """Writes an entry beside its place and moves it there when it is complete; the first of two writers wins."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        _forget_unfinished(folder.parent)
        self._making = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder.parent))
        self._file = (self._making / WINDOWS).open("wb")
        self._digest = hashlib.sha256()
        self.n_windows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        shutil.rmtree(self._making, ignore_errors=True)

    def add(self, window: NDArray[np.float32]) -> None:
        """Append one window (n_samples, n_channels)."""
        content = np.ascontiguousarray(window, dtype="<f4").tobytes()
        self._digest.update(content)
        self._file.write(content)
        self.n_windows += 1

    def finish(self, rows: Iterable[tuple[Any, ...]], meta: Mapping[str, Any]) -> None:
        """Write the table and what is known of it, and move everything to its place."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        table = self._making / TABLE
        np.save(table, np.array(list(rows), dtype=COLUMNS), allow_pickle=False)
        sha256 = {WINDOWS: self._digest.hexdigest(), TABLE: hashlib.sha256(table.read_bytes()).hexdigest()}
        made = Meta(format=FORMAT, key=self._folder.name, n_windows=self.n_windows, sha256=sha256, **meta)
        (self._making / META).write_text(made.model_dump_json(indent=1), encoding="utf-8")
        try:
            self._making.rename(self._folder)
        except OSError:
            # Another process was first; its entry is as good as this one.
            if not self._folder.is_dir():
                raise


def discard(folder: Path) -> None:
    """Remove a damaged entry; it leaves its place at once, so that nobody opens half of it."""
    away = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder.parent))
    try:
        folder.rename(away / folder.name)
    except FileNotFoundError:
        pass  # another process was first
    finally:
        shutil.rmtree(away, ignore_errors=True)


def _forget_unfinished(cache: Path) -> None:
    """Remove what a killed process left behind long ago."""
    for path in cache.glob(f"{UNFINISHED}*"):
        try:
            old = time.time() - path.stat().st_mtime > FORGOTTEN_AFTER_S
        except FileNotFoundError:
            continue
        if old:
            shutil.rmtree(path, ignore_errors=True)
