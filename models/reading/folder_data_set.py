"""What data sets in a folder do alike: look for recordings, list them, lead from a key to its files."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from models.dataset import About, Key, Labelled, PublishedSplit
from pipelines.errors import RecordingError

Found = Mapping[Key, tuple[Path, ...]]
"""Recordings, and the files that each one is read from."""


def not_here(folder: Path, missing: str, about: About) -> RecordingError:
    """Return the error of a folder that lacks files: which folder, which files, how to get them."""
    return RecordingError(f"{folder}: no {missing} here. {about.how_to_get}")


def by_name(pattern: re.Pattern[str], paths: Iterable[Path]) -> dict[Key, tuple[Path]]:
    """Return the files whose name matches as a whole; the groups of a match are subject, session and run."""
    matches = ((pattern.fullmatch(path.name), path) for path in paths)
    return {Key(*match.groups()): (path,) for match, path in matches if match}


@dataclass(frozen=True)
class FolderDataSet(ABC):
    """A :class:`models.dataset.DataSet` that says what it is, where its recordings are, and how one is read.

    Listing looks into the folder anew; :meth:`files` goes by what was seen before, so that to read thousands of
    recordings does not take thousands of searches.
    """

    folder: Path
    _seen: dict[Key, tuple[Path, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    layout: ClassVar[str]
    """The first files of the published layout, for a person whose folder has none of them."""

    @property
    @abstractmethod
    def about(self) -> About:
        """What it is."""

    @property
    def splits(self) -> Mapping[str, PublishedSplit]:
        """Published splits by name; none, if a data set says nothing else."""
        return {}

    @abstractmethod
    def find(self) -> Found:
        """Return the recordings and their files, in any order; of a recording whose names are known they may be absent.

        Raises
        ------
        RecordingError
            If a text that says what there is, or two files of one recording, cannot be understood.
        """

    def listed(self, found: Found) -> Iterable[Key]:
        """Return which of the recordings are told; all, if a data set says nothing else."""
        return found

    @abstractmethod
    def read(self, key: Key) -> Labelled:
        """Read one recording.

        Raises
        ------
        RecordingError
            If a file is absent or damaged.
        """

    def look(self) -> Found:
        """Look into the folder anew."""
        found = self.find()
        self._seen.update(found)
        return found

    def keys(self) -> list[Key]:
        """Return the recordings that are there.

        Raises
        ------
        RecordingError
            If there are none; says how to get them.
        """
        listed = sorted(self.listed(self.look()))
        if not listed:
            raise not_here(self.folder, self.layout, self.about)
        return listed

    def files(self, key: Key) -> tuple[Path, ...]:
        """Return the files of a recording.

        Raises
        ------
        RecordingError
            If the folder has no such recording.
        """
        if key not in self._seen and key not in self.look():
            who = f"subject {key.subject}, session {key.session}, run {key.run}"
            raise RecordingError(f"{self.folder}: no recording of {who} here")
        return self._seen[key]
