"""Prepare a data set: the live stages over every recording, its windows in a cache that may be larger than memory.

One recording is in memory at a time. An entry is found again by a hash of everything that made it: the content of all
files, the data set's settings and code, the recipe and the code of its stages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.benchmark import cutting
from models.benchmark.cache_entry import FORMAT, Entry, Writer, discard, open_entry
from models.benchmark.cutting import content_sha256, cut, pass_through, samples_of
from models.benchmark.file_hashes import FileHashes
from models.benchmark.fingerprint import code_sha256, sha256_of
from models.benchmark.recipe import Recipe
from models.benchmark.windows import REST, Prepared
from models.dataset import About, DataSet, Items, Key, Labelled, Retrieval
from pipelines.errors import ChannelMismatch, ConfigError, RecordingError
from pipelines.plugins import configure, load
from pipelines.signal import StreamSpec

Tell = Callable[[str], None]
ROLE = 7
"""Place of the role in a row."""


def silent(message: str) -> None:
    """Tell nobody."""


def prepare(data: Mapping[str, Any], recipe: Recipe, cache: Path, tell: Tell = silent) -> Prepared:
    """Return the windows of a data set, from the cache if they are there.

    Parameters
    ----------
    data
        Table of a data set: ``{"kind": name, "folder": ..., ...}``.
    recipe
        How windows are made.
    cache
        Folder of the cache; may be shared by processes.
    tell
        Gets a line for every recording that is read.

    Raises
    ------
    ConfigError
        If a table is wrong, no window of the recipe fits into any trial, or items to be found have no features.
    RecordingError
        If recordings are missing or damaged, or have labels that the data set does not declare.
    SignalError
        If a recording does not fit the recipe or the other recordings.
    """
    module, settings = configure("datasets", data)
    source: DataSet = module.build(settings)
    about = recipe.narrowed(source.about)
    keys = tuple(source.keys())
    hashes = FileHashes(cache / "files.sqlite")
    made_of = {
        "format": FORMAT,
        "kind": data["kind"],
        "settings": settings.model_dump(mode="json", exclude={"folder"}),
        "code": code_sha256(module, cutting, *(load("stages", t["kind"]) for t in recipe.check().tables(about))),
        "recipe": recipe.model_dump(mode="json"),
        "files": [[key.subject, key.session, key.run, *map(hashes.sha256, source.files(key))] for key in keys],
    }
    items = source.items() if isinstance(source, Retrieval) else None
    if items is not None:
        made_of["items"] = [list(items.names), hashlib.sha256(items.features.astype("<f4").tobytes()).hexdigest()]
    folder = cache / sha256_of(made_of)
    entry = _open_or_discard(folder, hashes, tell)
    if entry is None:
        _make(folder, source, about, keys, recipe, tell)
        entry = open_entry(folder, hashes)
    if entry is None:
        raise RecordingError(f"{folder}: vanished while it was being opened; is something cleaning the cache?")
    meta = entry.meta
    return Prepared(
        about, meta.spec, entry.samples, entry.table, meta.labels, meta.key, meta.dropped, meta.contents,
        dict(source.splits), None if items is None else _features(about, items, meta.labels),
    )  # fmt: skip


def _features(about: About, items: Items, labels: tuple[str, ...]) -> NDArray[np.float32]:
    """Return what is known of each label, in their order."""
    rows = {name: row for row, name in enumerate(items.names)}
    unknown = [label for label in labels if label not in rows]
    if unknown:
        raise ConfigError(f"{about.title}: {len(unknown)} of {len(labels)} items have no features, {unknown[0]} is the "
                          "first")  # fmt: skip
    return np.asarray(items.features[[rows[label] for label in labels]], dtype=np.float32)


def _open_or_discard(folder: Path, hashes: FileHashes, tell: Tell) -> Entry | None:
    try:
        return open_entry(folder, hashes)
    except RecordingError as exc:
        tell(f"{exc}; made anew")
        discard(folder)
        return None


def _make(folder: Path, source: DataSet, about: About, keys: tuple[Key, ...], recipe: Recipe, tell: Tell) -> None:
    """Read every recording and write the entry."""
    rows: list[tuple[Any, ...]] = []
    labels: list[str | float] = []
    contents: list[str] = []
    dropped, common = 0, None
    with Writer(folder) as writer:
        for number, key in enumerate(keys):
            tell(f"{about.title}: subject {key.subject}, session {key.session}, run {key.run} "
                 f"({number + 1} of {len(keys)})")  # fmt: skip
            recording = source.read(key)
            contents.append(content_sha256(recording.chunks))
            pipeline = recipe.pipeline(about)
            spec = pipeline.prepare(recording.spec)
            common = _same(common, spec, key)
            passed = pass_through(pipeline, recording.chunks, recording.spec.rate_hz, spec.n_channels)
            for piece in cut(recording, recipe, passed, spec, pipeline.delay_s):
                if piece.samples is None:
                    dropped += 1
                    continue
                writer.add(piece.samples)
                labels.append(piece.label)
                where = (key.subject, key.session, key.run, number, piece.trial, piece.start_s, piece.stop_s)
                rows.append((*where, piece.role))
            _check_names(recording)
        if common is None or all(row[ROLE] == REST for row in rows):
            lost = f"; {dropped} windows had lost samples" if dropped else ""
            raise ConfigError(f"{about.title}: no window of {recipe.window_s:g} s fits into any trial{lost}")
        names, targets = _targets(about, labels, rows)
        meta = {
            "spec": common,
            "n_samples": samples_of(recipe.window_s, common.rate_hz),
            "labels": names,
            "contents": tuple(contents),
            "dropped": dropped,
        }
        writer.finish(((*row, target) for row, target in zip(rows, targets, strict=True)), meta)


def _same(common: StreamSpec | None, spec: StreamSpec, key: Key) -> StreamSpec:
    """Refuse a recording that differs from the others."""
    if common is None:
        return StreamSpec(spec.rate_hz, spec.channels, "", spec.reference)
    if (spec.rate_hz, spec.names) != (common.rate_hz, common.names):
        raise ChannelMismatch(
            f"subject {key.subject}, session {key.session}, run {key.run} comes out as {spec.rate_hz:g} Hz, "
            f"{', '.join(spec.names)}; the recordings before it as {common.rate_hz:g} Hz, {', '.join(common.names)}: "
            "add a resample stage or name channels in the recipe"
        )
    return common


def _check_names(recording: Labelled) -> None:
    """Refuse names that the table would cut off."""
    key = recording.key
    for name in (key.subject, key.session, key.run):
        if len(name) > 32:
            raise RecordingError(f"{name!r}: names of subjects, sessions and runs may have 32 characters")


def _targets(
    about: About, labels: list[str | float], rows: list[tuple[Any, ...]]
) -> tuple[tuple[str, ...], list[float]]:
    """Return the names that targets count in, and the target of every row."""
    of_rest = [row[ROLE] == REST for row in rows]
    if about.task == "regression":
        return (), [float(label) for label in labels]
    if about.task == "classification":
        names = about.classes
    else:
        names = tuple(sorted({str(label) for label, rest in zip(labels, of_rest, strict=True) if not rest}))
    numbers = {name: number for number, name in enumerate(names)}
    unknown = sorted({str(label) for label, rest in zip(labels, of_rest, strict=True) if not rest} - set(numbers))
    if unknown:
        raise RecordingError(f"{about.title}: unknown labels {', '.join(unknown)}; known are {', '.join(names)}")
    return names, [np.nan if rest else float(numbers[str(label)]) for label, rest in zip(labels, of_rest, strict=True)]
