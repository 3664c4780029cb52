"""SHA-256 of files, remembered as long as a file keeps its size and its time of modification."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

from pipelines.errors import RecordingError

BLOCK = 1 << 20


class FileHashes:
    """An index in one SQLite file, which several processes may use at a time."""

    def __init__(self, index: Path) -> None:
        self._index = index
        try:
            index.parent.mkdir(parents=True, exist_ok=True)
            self._run("CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INT, mtime_ns INT, sha256 TEXT)")
        except (OSError, sqlite3.Error) as exc:
            raise RecordingError(f"{index}: cannot keep the hashes of files there: {exc}; remove it or name another "
                                 "cache folder") from exc  # fmt: skip

    def sha256(self, path: Path) -> str:
        """Return the hash of a file's content.

        Raises
        ------
        RecordingError
            If the file cannot be read.
        """
        try:
            found = path.stat()
            marks = (str(path.resolve()), found.st_size, found.st_mtime_ns)
            known = self._run("SELECT sha256 FROM files WHERE path = ? AND size = ? AND mtime_ns = ?", *marks)
            if known:
                return str(known[0][0])
            digest = _sha256(path)
        except OSError as exc:
            raise RecordingError(f"{path}: cannot be read: {exc}") from exc
        self._run("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", *marks, digest)
        return digest

    def _run(self, statement: str, *values: str | int) -> list[tuple[str]]:
        with closing(sqlite3.connect(self._index, timeout=60)) as connection, connection:
            return connection.execute(statement, values).fetchall()


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
