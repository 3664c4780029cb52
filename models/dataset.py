"""The :class:`DataSet` protocol: labelled recordings addressed by time interval, and what is to be known of them.

A data set is not a list of samples. It is people, each with recordings; a recording is a signal with intervals on its
own clock: trials, which carry a label, and stretches of rest, by which a decoder may be adapted to the person. How
windows are cut out of intervals is said by a recipe (``models.benchmark.recipe``), not by the data set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pipelines.signal import Chunk, StreamSpec

Task = Literal["classification", "regression", "retrieval"]
Access = Literal["open", "form", "request"]
"""Open: anybody may download it. Form: a data use agreement is signed first. Request: the authors are asked."""


@dataclass(frozen=True, slots=True)
class About:
    """What a data set is; every field is a statement that its tests check where they can.

    Parameters
    ----------
    title
        The name in the literature.
    paradigm
        What people did, in plain words.
    task
        Whether a trial's label is a class, a number, or an item to be found among others.
    classes
        Class names, in the order of the published label numbers; empty for regression and retrieval.
    n_subjects, n_sessions
        As published.
    channels
        10-10 names of the channels a benchmark uses, in the files' order.
    rate_hz
        Sampling rate as distributed (Hz). Converted copies may have another: a recording's own is in its ``spec``.
    unit
        Unit of the distributed samples; ``"unknown"`` where nobody says.
    window_s
        Window of the published benchmark (s).
    from_s
        Where the first window of a trial begins, from the trial's start (s).
    metric
        The primary metric of the published benchmark.
    citation, licence, url
        How to cite it, what it permits, where it is.
    access, how_to_get
        How it is had, and the words for a person who has not got it.
    cautions
        What misleads: one sentence each.
    """

    title: str
    paradigm: str
    task: Task
    classes: tuple[str, ...]
    n_subjects: int
    n_sessions: int
    channels: tuple[str, ...]
    rate_hz: float
    unit: str
    window_s: float
    metric: str
    citation: str
    licence: str
    url: str
    access: Access
    how_to_get: str
    from_s: float = 0.0
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """One recording: subject, session of that subject, run (or clip) of that session, as the data set names them."""

    subject: str
    session: str = "1"
    run: str = "1"


@dataclass(frozen=True, slots=True)
class Trial:
    """An interval with one label, on its recording's clock (s): a class name, a number, or the name of an item."""

    start_s: float
    stop_s: float
    label: str | float


@dataclass(frozen=True, slots=True)
class Labelled:
    """One recording with what happened in it.

    Parameters
    ----------
    key
        Which one it is.
    spec
        Rate, channels, units, reference.
    chunks
        The signal in order of time; pieces that do not follow one another declare the gap between them.
    trials
        In order of time.
    rest
        Stretches (start_s, stop_s) in which the person rested, for adaptation; they may overlap trials of a class rest.
    """

    key: Key
    spec: StreamSpec
    chunks: tuple[Chunk, ...]
    trials: tuple[Trial, ...]
    rest: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Recordings of one side of a published split; an empty field takes all."""

    subjects: frozenset[str] = frozenset()
    sessions: frozenset[str] = frozenset()
    runs: frozenset[str] = frozenset()

    def holds(self, key: Key) -> bool:
        """Whether a recording is of this part."""
        return (
            (not self.subjects or key.subject in self.subjects)
            and (not self.sessions or key.session in self.sessions)
            and (not self.runs or key.run in self.runs)
        )


@dataclass(frozen=True, slots=True)
class PublishedSplit:
    """A split of the literature: parts are joined; ``source`` says whose it is, and what is wrong with it.

    ``validation`` may be empty: the benchmark then sets training subjects (or sessions) aside.
    """

    source: str
    train: tuple[Part, ...]
    test: tuple[Part, ...]
    validation: tuple[Part, ...] = ()


class DataSet(Protocol):
    """A data set in a folder. ``Settings`` of its plug-in has a ``folder``; ``build`` reads nothing yet.

    Those that are shipped are :class:`models.reading.folder_data_set.FolderDataSet`.

    Laws (``tests/contract/test_datasets.py``): ``keys`` is sorted and without doubles; every trial and every rest lies
    inside its recording; labels are of ``about.classes``; channels and rate are those of ``about``; chunks number their
    samples without a break and declare their gaps; no part of a published split overlaps another; a damaged file is
    named, and so is an absent one if its recording is still listed; nothing personal is told; an empty folder raises
    :class:`RecordingError` whose words are ``about.how_to_get``. Only the module of an open one is :class:`Fetchable`.
    """

    @property
    def about(self) -> About:
        """What it is."""
        ...

    @property
    def splits(self) -> Mapping[str, PublishedSplit]:
        """Published splits by name, for example ``"adabrain_cross_subject"``."""
        ...

    def keys(self) -> Sequence[Key]:
        """Return the recordings that are there.

        Raises
        ------
        RecordingError
            If there are none, or files of the published layout are missing; says how to get them.
        """
        ...

    def files(self, key: Key) -> tuple[Path, ...]:
        """Return the files a recording is read from: their content is what results are keyed by.

        Raises
        ------
        RecordingError
            If which files they would be cannot be told, because the folder has no such recording.
        """
        ...

    def read(self, key: Key) -> Labelled:
        """Read one recording, EEG in microvolts where the unit is known.

        Raises
        ------
        RecordingError
            If a file is absent or damaged.
        """
        ...


@dataclass(frozen=True, slots=True)
class Items:
    """What trials of a retrieval are to be found among: names, and features float32 (n_items, n_features)."""

    names: tuple[str, ...]
    features: NDArray[np.float32]


@runtime_checkable
class Retrieval(DataSet, Protocol):
    """A data set whose labels are names of items."""

    def items(self) -> Items:
        """Return the items.

        Raises
        ------
        ConfigError
            If the settings do not say where their features are.
        """
        ...


class Fetchable(Protocol):
    """The module of a data set that may be fetched by anybody."""

    def fetch(self, folder: Path, tell: Callable[[str], None]) -> None:
        """Download what is not there yet, check it against its published checksums, and say how far it is.

        Raises
        ------
        RecordingError
            If it cannot be reached or what came is not what was published.
        """
        ...
