"""Append to an XDF file so that it can be read whenever the writing ends, however it ends.

* Every write is checked; a failed one is taken back, so the file ends with a whole chunk.
* The first byte of an append is written last. Until then readers find a length of zero and stop there, so a process
  killed in the middle of a write leaves no torn chunk behind.
* The file is synced to disk from a thread of its own: a disk that takes 100 ms to sync does not delay a decision.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bci_app import xdf_encoding as xdf
from bci_app.xdf_encoding import XdfStream
from devices.clock import now_s
from pipelines.errors import RecordingError

log = logging.getLogger(__name__)

OFFSET_EVERY_S = 5.0
BOUNDARY_EVERY_S = 10.0
Stamps = Sequence[float] | NDArray[np.float64]
Batch = tuple[str, Stamps, ArrayLike | Sequence[Sequence[str]]]


@dataclass(slots=True)
class _Tally:
    """What the footer of a stream will say."""

    first_s: float = 0.0
    last_s: float = 0.0
    sample_count: int = 0
    offsets: list[tuple[float, float]] = field(default_factory=list)

    def add(self, stamps_s: Stamps) -> None:
        if not self.sample_count:
            self.first_s = float(stamps_s[0])
        self.last_s = float(stamps_s[-1])
        self.sample_count += len(stamps_s)


class XdfWriter:
    """Writes one file. Made by :meth:`create`; used by one thread.

    All streams are stamped with one clock, so the clock offsets in the file are 0.
    """

    def __init__(self, path: Path, fd: int, streams: Sequence[XdfStream], clock: Callable[[], float]) -> None:
        self.path = path
        self._fd: int | None = fd
        self._streams = tuple(streams)
        self._ids = {stream.name: number for number, stream in enumerate(streams, start=1)}
        self._tallies = {stream.name: _Tally() for stream in streams}
        self._clock = clock
        self._size = 0
        self._next_offset_s = self._next_boundary_s = 0.0
        self._spoilt = False
        self._syncer: _Syncer | None = None

    @classmethod
    def create(
        cls,
        candidates: Iterable[Path],
        streams: Sequence[XdfStream],
        *,
        sync_s: float = 1.0,
        clock: Callable[[], float] = now_s,
    ) -> Self:
        """Create the first candidate that does not exist yet, with its folder, and write the headers.

        Parameters
        ----------
        candidates
            Paths in order of preference; a file that exists is never touched.
        streams
            All streams of the file; their names are unique.
        sync_s
            Interval of syncing to disk (s).
        clock
            Clock of the stamps (s).

        Raises
        ------
        RecordingError
            If none can be created, or the headers cannot be written.
        """
        names = [stream.name for stream in streams]
        if len(set(names)) != len(names):
            raise RecordingError(f"XDF streams must have different names, got {', '.join(names)}")
        path, fd = _create_exclusively(candidates)
        writer = cls(path, fd, streams, clock)
        try:
            writer._begin(sync_s)
        except RecordingError:
            # A file without headers is of no use to anyone.
            writer._release()
            path.unlink(missing_ok=True)
            raise
        return writer

    @property
    def size_bytes(self) -> int:
        """Bytes written, all of them whole chunks."""
        return self._size

    def sample_count(self, name: str) -> int:
        """Return the number of samples written to a stream."""
        return self._tallies[name].sample_count

    def append(self, *batches: Batch) -> None:
        """Write batches of samples, all or none, then clock offsets and a boundary if they are due.

        Parameters
        ----------
        batches
            (name of the stream; stamps (s), shape (n_samples,); values, shape (n_samples, channel_count): numbers or,
            for a stream of texts, rows of texts).

        Raises
        ------
        RecordingError
            If a batch does not fit its stream, the disk did not take it, or the file could not be synced; names the
            file and the cause.
        """
        now = self._clock()
        offsets, boundary = now >= self._next_offset_s, now >= self._next_boundary_s
        batches = tuple([batch for batch in batches if len(batch[1])])
        due = [self._encode(*batch) for batch in batches]
        if offsets:
            due.append(self._offsets(now))
        if boundary:
            due.append(xdf.boundary())
        self._write(b"".join(due))
        for name, stamps_s, _ in batches:
            self._tallies[name].add(stamps_s)
        if offsets:
            self._note_offsets(now)
        if boundary:
            self._next_boundary_s = now + BOUNDARY_EVERY_S

    def close(self) -> None:
        """Write the footers, sync and close. May be called twice.

        Raises
        ------
        RecordingError
            If the footers could not be written; the file is closed and all samples in it are readable nevertheless.
        """
        if self._fd is None:
            return
        try:
            for name, number in self._ids.items():
                t = self._tallies[name]
                self._write(xdf.stream_footer(number, t.first_s, t.last_s, t.sample_count, t.offsets))
            self._sync()
        finally:
            self._release()

    def _begin(self, sync_s: float) -> None:
        now = self._clock()
        started = datetime.now().astimezone().isoformat(timespec="seconds")
        headers = [xdf.stream_header(number, self._streams[number - 1], now) for number in self._ids.values()]
        self._write(b"".join([xdf.file_header(started), *headers, self._offsets(now), xdf.boundary()]))
        self._note_offsets(now)
        self._next_boundary_s = now + BOUNDARY_EVERY_S
        self._sync()
        _sync_folder(self.path.parent)
        assert self._fd is not None
        self._syncer = _Syncer(self._fd, sync_s)

    def _encode(self, name: str, stamps_s: Stamps, values: ArrayLike | Sequence[Sequence[str]]) -> bytes:
        number = self._ids[name]
        stream = self._streams[number - 1]
        if stream.format == "string":
            return xdf.text_samples(number, stream, stamps_s, cast("Sequence[Sequence[str]]", values))
        return xdf.numeric_samples(number, stream, np.asarray(stamps_s, dtype=np.float64), values)

    def _offsets(self, now: float) -> bytes:
        return b"".join(xdf.clock_offset(number, now, 0.0) for number in self._ids.values())

    def _note_offsets(self, now: float) -> None:
        self._next_offset_s = now + OFFSET_EVERY_S
        for tally in self._tallies.values():
            tally.offsets.append((now, 0.0))

    def _write(self, blob: bytes) -> None:
        if not blob:
            return
        if self._fd is None or self._spoilt:
            raise RecordingError(f"{self.path}: the recording is closed")
        try:
            if self._syncer is not None:
                self._syncer.check()
            view = memoryview(blob)
            _write_at(self._fd, self._size + 1, view[1:])
            _write_at(self._fd, self._size, view[:1])
        except OSError as exc:
            self._take_back()
            raise RecordingError(f"{self.path}: could not be written: {exc.strerror or exc}") from exc
        self._size += len(blob)

    def _take_back(self) -> None:
        """Cut off what a failed write left; where even that fails, its first byte is still zero: readers stop there."""
        assert self._fd is not None
        try:
            os.ftruncate(self._fd, self._size)
        except OSError:
            # Anything written now would be followed by the remains.
            self._spoilt = True

    def _sync(self) -> None:
        assert self._fd is not None
        try:
            os.fsync(self._fd)
        except OSError as exc:
            raise RecordingError(f"{self.path}: could not be synced to disk: {exc.strerror or exc}") from exc

    def _release(self) -> None:
        fd, self._fd = self._fd, None
        if self._syncer is not None:
            self._syncer.stop()
        if fd is None:
            return
        try:
            os.close(fd)
        except OSError as exc:
            raise RecordingError(f"{self.path}: could not be closed: {exc.strerror or exc}") from exc


class _Syncer:
    """Syncs a file at an interval from a thread of its own, and looks whether it still has a name."""

    def __init__(self, fd: int, interval_s: float) -> None:
        self._fd, self._interval_s = fd, interval_s
        self._stop = threading.Event()
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="xdf-sync", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise what went wrong in the thread."""
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """End the thread; a sync under way is waited for."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._interval_s):
                os.fsync(self._fd)
                if os.fstat(self._fd).st_nlink == 0:
                    raise FileNotFoundError(2, "the file was deleted while it was being written")
        except OSError as exc:
            self._error = exc


def _create_exclusively(candidates: Iterable[Path]) -> tuple[Path, int]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    path = None
    for path in candidates:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return path, os.open(path, flags, 0o644)
        except FileExistsError:
            if not path.parent.is_dir():
                raise RecordingError(f"{path.parent}: is not a folder; name another one for recordings") from None
        except OSError as exc:
            raise RecordingError(f"{path}: cannot be created: {exc.strerror or exc}") from exc
    raise RecordingError(f"{path}: exists already, and a recording never overwrites a file")


def _write_at(fd: int, position: int, view: memoryview) -> None:
    while view:
        # A disk that fills up takes a part; the next call then says why.
        written = _pwrite(fd, view, position)
        position, view = position + written, view[written:]


def _seek_and_write(fd: int, view: memoryview, position: int) -> int:
    os.lseek(fd, position, os.SEEK_SET)
    return os.write(fd, view)


_pwrite = getattr(os, "pwrite", _seek_and_write)
"""Windows has none; elsewhere it saves a call."""


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut; only POSIX can open a folder."""
    if os.name != "posix":
        return
    try:
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError as exc:
        # Some network file systems cannot; the recording itself is not in doubt.
        log.warning("%s: the folder could not be synced to disk: %s", folder, exc.strerror or exc)
