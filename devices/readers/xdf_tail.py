"""The end of an XDF file whose writing was cut, and what chunks a file consists of."""

from __future__ import annotations

import gzip
import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LENGTH_SIZES = (1, 4, 8)
MAGIC_BYTES = 4
STREAM_HEADER = 2
LONGEST_NAME_BYTES = 4096
BOUNDARY_UUID = bytes.fromhex("43a546dccbf5410fb30ed5467383cbe4")


@dataclass(frozen=True, slots=True)
class ChunkPlace:
    """Where a chunk lies: bytes ``at`` to ``end``; ``stream_id`` counts for those that belong to a stream."""

    at: int
    end: int
    tag: int
    content: int
    stream_id: int


class FilePart(io.RawIOBase):
    """The first bytes of a file, as a file."""

    def __init__(self, file: io.BufferedIOBase, size: int) -> None:
        self._file, self._size, self._at = file, size, 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be searched."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position."""
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Fill the buffer as far as the part reaches."""
        self._file.seek(self._at)
        data = self._file.read(min(len(buffer), max(0, self._size - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def chunks(file: io.BufferedIOBase) -> Iterator[ChunkPlace]:
    """Yield the whole chunks up to the first damage."""
    size = file.seek(0, io.SEEK_END)
    at = MAGIC_BYTES
    while at < size:
        file.seek(at)
        head = file.read(15)
        n = head[0]
        content = at + 1 + n
        end = content + int.from_bytes(head[1 : 1 + n], "little")
        if n not in LENGTH_SIZES or len(head) < n + 3 or end > size or end < content + 2:
            return
        (tag,) = struct.unpack_from("<H", head, 1 + n)
        rest = head[3 + n : 7 + n]
        yield ChunkPlace(at, end, tag, content + 2, int.from_bytes(rest, "little") if len(rest) == 4 else 0)
        at = end


@contextmanager
def whole(path: Path) -> Iterator[io.BufferedIOBase]:
    """Open a file without a torn chunk at its end: pyxdf fails on it, or makes up the values that are missing.

    Damage behind which there is a boundary chunk is left to pyxdf, which goes on from there.
    """
    opener = gzip.open if path.suffix.lower() in (".gz", ".xdfz") else open
    with opener(path, "rb") as file:
        end = max((chunk.end for chunk in chunks(file)), default=MAGIC_BYTES)
        size = file.seek(0, io.SEEK_END)
        if end < size and _holds_boundary(file, end):
            end = size
        yield io.BufferedReader(FilePart(file, end), 1 << 20)


def stream_ids(file: io.BufferedIOBase, name: str) -> list[int]:
    """Return the numbers of the streams of that name."""
    wanted = f"<name>{name}</name>".encode()
    found = []
    for chunk in chunks(file):
        if chunk.tag == STREAM_HEADER:
            file.seek(chunk.content)
            if wanted in file.read(min(LONGEST_NAME_BYTES, chunk.end - chunk.content)):
                found.append(chunk.stream_id)
    file.seek(0)
    return found


def _holds_boundary(file: io.BufferedIOBase, start: int) -> bool:
    file.seek(start)
    before = b""
    while block := file.read(1 << 20):
        if BOUNDARY_UUID in before + block:
            return True
        before = block[-len(BOUNDARY_UUID) :]
    return False
