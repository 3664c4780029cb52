"""The :class:`SpikeLoader` protocol: a layout of files from which recordings of spikes are read.

A plug-in of the group ``spike_recordings``: ``Settings`` with a ``folder``, and ``build(settings)``, which reads
nothing yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from models.dataset import Key
from models.spikes.recording import Recording
from pipelines.errors import RecordingError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SpikeAbout:
    """What a layout is: name, citation, licence, how it is had, and what misleads, one sentence each."""

    title: str
    citation: str
    licence: str
    url: str
    how_to_get: str
    cautions: tuple[str, ...] = ()


class SpikeLoader(Protocol):
    """Recordings in a folder.

    Laws (``tests/contract/test_spike_loaders.py``): keys are sorted and without doubles; a trial lies in its recording;
    reading twice gives the same; an empty folder raises :class:`RecordingError` with the words of ``how_to_get``, and a
    damaged file is named.
    """

    @property
    def about(self) -> SpikeAbout:
        """What it is."""
        ...

    def keys(self) -> Sequence[Key]:
        """Return the recordings that are there: subject, session, and condition or task as the run.

        Raises
        ------
        RecordingError
            If there are none; says how to get them.
        """
        ...

    def read(self, key: Key) -> Recording:
        """Read one recording.

        Raises
        ------
        RecordingError
            If it is absent or damaged.
        """
        ...


def found(folder: Path, pattern: str, about: SpikeAbout) -> list[Path]:
    """Return the files (or folders) of a pattern in order of their names.

    Raises
    ------
    RecordingError
        If there are none.
    """
    paths = sorted(folder.glob(pattern))
    if not paths:
        raise RecordingError(f"{folder}: no {pattern} here. {about.how_to_get}")
    return paths


def chosen(table: Mapping[Key, T], key: Key, folder: Path) -> T:
    """Return the entry of a key.

    Raises
    ------
    RecordingError
        If there is none.
    """
    if key not in table:
        raise RecordingError(f"{folder}: has no recording {key}; there are {', '.join(map(str, sorted(table)))}")
    return table[key]
