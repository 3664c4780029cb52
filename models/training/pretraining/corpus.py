"""All windows of a run: grouped by montage, split into training and validation, read in batches."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.csbrain.montages import Montage
from models.training.pretraining.sources import Recording, hold_out
from models.training.pretraining.window_cache import PATCH, Entry, WindowCache, total
from pipelines.errors import BciError, ConfigError

OPEN_FILES = 64
"""Entries mapped at a time: each holds a file descriptor."""
MICROVOLTS_PER_UNIT = 100.0
"""The network works in units of 100 µV."""


class Group:
    """Windows of one montage, in the order of their recordings."""

    def __init__(self, montage: Montage, entries: Sequence[Entry]) -> None:
        self.montage = montage
        self._entries = [entry for entry in entries if entry.n]
        self._starts = np.cumsum([0, *(entry.n for entry in self._entries)])
        self._open: OrderedDict[int, NDArray[np.float32]] = OrderedDict()

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def patches(self) -> int:
        """Seconds of a window."""
        return self._entries[0].n_samples // PATCH

    def read(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return windows (n, channels, patches, 200) in units of 100 µV, channels in the recording's order."""
        where = np.searchsorted(self._starts, rows, side="right") - 1
        found = np.stack([self._windows(int(w))[row - self._starts[w]] for row, w in zip(rows, where, strict=True)])
        found /= np.float32(MICROVOLTS_PER_UNIT)
        return found.reshape(len(rows), len(self.montage.names), -1, PATCH)

    def _windows(self, which: int) -> NDArray[np.float32]:
        if which not in self._open:
            while len(self._open) >= OPEN_FILES:
                self._open.popitem(last=False)
            self._open[which] = self._entries[which].windows()
        self._open.move_to_end(which)
        return self._open[which]


@dataclass(slots=True)
class Corpus:
    """What a run learns from, and what its card says of it.

    Parameters
    ----------
    training, validation
        Windows by montage.
    people
        Of training; ``held_out`` of validation.
    files
        SHA-256 of every recording learned from, by name.
    dropped
        Windows thrown away, by reason.
    unread
        Recordings that could not be used, and why.
    """

    training: list[Group] = field(default_factory=list)
    validation: list[Group] = field(default_factory=list)
    people: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def montages(self) -> list[Montage]:
        """All that occur, those of training first."""
        return list(dict.fromkeys(group.montage for group in [*self.training, *self.validation]))


def assemble(
    recordings: Sequence[Recording], share: float, seed: int, cache: WindowCache, tell: Callable[[], None]
) -> Corpus:
    """Bring the windows of all recordings together.

    Parameters
    ----------
    recordings
        In the order in which they shall count.
    share, seed
        Who is held out, see :func:`hold_out`.
    cache
        Where the windows are.
    tell
        Called after each recording.

    Raises
    ------
    ConfigError
        If no window is left to learn from; says why.
    """
    corpus = Corpus()
    entries: list[tuple[Recording, Entry]] = []
    for recording in recordings:
        try:
            entries.append((recording, cache.entry(recording)))
        except BciError as exc:
            corpus.unread[_name(recording)] = str(exc)
        tell()
    held_out = hold_out([recording for recording, entry in entries if entry.n], share, seed)
    for name, validates in (("training", False), ("validation", True)):
        part = [(r, e) for r, e in entries if ((r.source.folder, r.person) in held_out) == validates]
        setattr(corpus, name, _groups(part))
        setattr(corpus, "held_out" if validates else "people", tuple(dict.fromkeys(_whose(r) for r, e in part if e.n)))
    corpus.files = {_name(r): e.sha256 for r, e in entries if (r.source.folder, r.person) not in held_out}
    corpus.dropped = total(entry.dropped for _, entry in entries)
    if not corpus.training:
        reasons = "; ".join([*list(corpus.unread.values())[:3], f"windows thrown away: {corpus.dropped or 'none'}"])
        raise ConfigError(f"pretrain: no window to learn from in {len(recordings)} recordings: {reasons}")
    return corpus


def _groups(part: Sequence[tuple[Recording, Entry]]) -> list[Group]:
    found: dict[Montage, list[Entry]] = {}
    for recording, entry in part:
        if entry.n:
            found.setdefault(recording.source.worn(entry.names), []).append(entry)
    return [Group(montage, entries) for montage, entries in found.items()]


def _name(recording: Recording) -> str:
    folder = Path(recording.source.folder)
    return f"{folder.name}/{recording.path.relative_to(folder).as_posix()}"


def _whose(recording: Recording) -> str:
    return f"{Path(recording.source.folder).name}/{recording.person}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Which windows make which batch: the same for the same seed, at any step, without what came before.

    Parameters
    ----------
    groups
        Windows by montage; a batch has one montage.
    batch_size, seed
        Windows in a batch (the last of a montage may have fewer), and what the order is drawn by.
    """

    groups: tuple[Group, ...]
    batch_size: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """Batches in one pass over all windows."""
        return sum(-(-len(group) // self.batch_size) for group in self.groups)

    def epoch(self, number: int) -> list[tuple[int, NDArray[np.int64]]]:
        """Return the batches of an epoch: number of the group, and rows in it."""
        rng = np.random.default_rng((self.seed, number))
        batches = []
        for which, group in enumerate(self.groups):
            rows = rng.permutation(len(group)).astype(np.int64)
            batches += [(which, part) for part in np.split(rows, range(self.batch_size, len(rows), self.batch_size))]
        return [batches[i] for i in rng.permutation(len(batches))]
