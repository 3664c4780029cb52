"""Results in one SQLite file: what each job was and what it predicted, arrays as raw little-endian bytes.

Readers do not disturb the writer. A result is there whole or not at all.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.benchmark.job import Job
from models.benchmark.predictions import Predictions
from pipelines.errors import ModelError, RecordingError

APPLICATION_ID = 0x42434942
"""Says in the file's header whose it is."""
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE results (
    key TEXT PRIMARY KEY,
    job TEXT NOT NULL,
    kind TEXT NOT NULL,
    labels TEXT NOT NULL,
    n_train INTEGER NOT NULL,
    fit_s REAL NOT NULL,
    latency_ms REAL NOT NULL,
    calibration_s REAL NOT NULL,
    stored TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
);
CREATE TABLE arrays (
    key TEXT NOT NULL REFERENCES results (key) ON DELETE CASCADE,
    name TEXT NOT NULL,
    dtype TEXT NOT NULL,
    shape TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (key, name)
);
"""
WANTED = "CREATE TABLE IF NOT EXISTS wanted (place INTEGER PRIMARY KEY, job TEXT NOT NULL)"
"""The jobs of the last run, in order: results of other code or settings may lie beside theirs."""
SAID = "said/"


class Store:
    """A store of results; a context manager.

    Raises
    ------
    RecordingError
        If the file is not a store, is damaged, or is of another version of the schema; also later, by any method.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with _told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=60)
        try:
            with _told(path):
                self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; twice does no harm."""
        self._connection.close()

    def keys(self) -> set[str]:
        """Return the keys of all jobs that have a result."""
        with _told(self._path):
            return {key for (key,) in self._connection.execute("SELECT key FROM results")}

    def put(self, job: Job, found: Predictions) -> None:
        """Store one result; a job that has one already keeps it.

        Raises
        ------
        ModelError
            If the result is another job's.
        """
        if job.key != found.key:
            raise ModelError(f"{job}: got the result of another job")
        arrays = {"rows": found.rows, "people": found.people, "truth": found.truth}
        arrays |= {SAID + name: values for name, values in found.said.items()}
        with _told(self._path), self._connection:
            stored = self._connection.execute(
                "INSERT OR IGNORE INTO results (key, job, kind, labels, n_train, fit_s, latency_ms, calibration_s) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (found.key, job.model_dump_json(), found.kind, json.dumps(found.labels), found.n_train, found.fit_s,
                 found.latency_ms, found.calibration_s),
            )  # fmt: skip
            if stored.rowcount:
                rows = [(found.key, name, *_packed(values)) for name, values in arrays.items()]
                self._connection.executemany("INSERT INTO arrays VALUES (?, ?, ?, ?, ?)", rows)

    def want(self, jobs: Sequence[Job]) -> None:
        """Remember which jobs make up the suite now."""
        rows = [(place, job.model_dump_json()) for place, job in enumerate(jobs)]
        with _told(self._path), self._connection:
            self._connection.execute("DELETE FROM wanted")
            self._connection.executemany("INSERT INTO wanted VALUES (?, ?)", rows)

    def wanted(self) -> list[tuple[Job, Predictions]]:
        """Return the results of the jobs that were wanted last, under the names that they have now."""
        with _told(self._path):
            texts = self._connection.execute("SELECT job FROM wanted ORDER BY place").fetchall()
            jobs = [Job.model_validate_json(text) for (text,) in texts]
        found = {predictions.key: predictions for _, predictions in self.results([job.key for job in jobs])}
        return [(job, found[job.key]) for job in jobs if job.key in found]

    def results(self, keys: Sequence[str] | None = None) -> Iterator[tuple[Job, Predictions]]:
        """Yield results in order of key: all, or those asked for that are there."""
        for key in sorted(self.keys() if keys is None else self.keys() & set(keys)):
            with _told(self._path):
                found = self._get(key)
            yield found

    def _get(self, key: str) -> tuple[Job, Predictions]:
        columns = "job, kind, labels, n_train, fit_s, latency_ms, calibration_s"
        query = f"SELECT {columns} FROM results WHERE key = ?"  # noqa: S608  nothing from outside
        job, kind, labels, *figures = self._connection.execute(query, (key,)).fetchone()
        found = self._connection.execute("SELECT name, dtype, shape, content FROM arrays WHERE key = ?", (key,))
        arrays = {name: _unpacked(*rest) for name, *rest in found}
        said = {name.removeprefix(SAID): values for name, values in arrays.items() if name.startswith(SAID)}
        return Job.model_validate_json(job), Predictions(
            key, kind, tuple(json.loads(labels)), arrays["rows"], arrays["people"], arrays["truth"], said, *figures
        )

    def _prepare(self) -> None:
        """Make the tables in a new file, or see that they are ours."""
        run = self._connection.execute
        run("PRAGMA foreign_keys = ON")
        (application,), (schema,) = run("PRAGMA application_id").fetchone(), run("PRAGMA user_version").fetchone()
        if application == 0 and not run("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            run("PRAGMA journal_mode = WAL")
            self._connection.executescript(
                f"BEGIN; {SCHEMA}{WANTED};"
                f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )
            return
        if application != APPLICATION_ID:
            raise RecordingError(f"{self._path}: an SQLite file, but no store of results: name another file")
        if schema != SCHEMA_VERSION:
            raise RecordingError(
                f"{self._path}: version {schema} of the store, this program reads {SCHEMA_VERSION}: name another file"
            )
        (state,) = run("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            raise RecordingError(f"{self._path}: damaged: {state}; name another file")
        run(WANTED)


class _told:  # noqa: N801  reads as a statement
    """Put what SQLite or a damaged value raises into words."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, sqlite3.Error | OSError | ValueError | KeyError | TypeError):
            raise RecordingError(f"{self._path}: no usable store of results ({error}): name another file") from error


def _packed(values: NDArray[Any]) -> tuple[str, str, bytes]:
    """Return type, shape and little-endian bytes."""
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return little.dtype.str, json.dumps(little.shape), little.tobytes()


def _unpacked(dtype: str, shape: str, content: bytes) -> NDArray[Any]:
    kind = np.dtype(dtype)
    if kind.hasobject:
        raise ValueError(f"an array of type {dtype}")
    return np.frombuffer(content, dtype=kind).reshape(json.loads(shape))
