"""The :class:`FmriDataSet` protocol: subjects who saw stimuli, with one response of each voxel for each trial.

A kind of its own beside ``models.dataset``: there a recording is a signal in time that the live path filters; here
trials are volumes or estimates of a general linear model, and what is asked of them is their stimulus.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from models.fmri.embedder import Images
from models.fmri.features import Features
from models.fmri.responses import Responses
from models.fmri.splits import Split


@dataclass(frozen=True, slots=True)
class FmriAbout:
    """What a data set is.

    Parameters
    ----------
    title
        The name in the literature.
    stimuli
        What people saw, in plain words.
    citation, licence, url
        How to cite it, what it permits, where it is.
    how_to_get
        The words for a person who has not got it.
    cautions
        What misleads: one sentence each.
    """

    title: str
    stimuli: str
    citation: str
    licence: str
    url: str
    how_to_get: str
    cautions: tuple[str, ...] = ()


class FmriDataSet(Protocol):
    """A plug-in of the kind ``fmri_datasets``; ``build`` reads nothing yet.

    Laws (``tests/contract/test_fmri_datasets.py``): subjects are sorted; the tables fit the values; the published split
    does not leak; without data :class:`RecordingError` says how to get them.
    """

    @property
    def about(self) -> FmriAbout:
        """What it is."""
        ...

    def subjects(self) -> tuple[str, ...]:
        """Return the subjects that are there.

        Raises
        ------
        RecordingError
            If there are none; says how to get them.
        """
        ...

    def read(self, subject: str) -> Responses:
        """Read one subject's responses; memory-mapped where the file allows it.

        Raises
        ------
        RecordingError
            If a file is absent or damaged.
        """
        ...

    def split(self, responses: Responses) -> Split:
        """Return the published split of a subject's trials, or a seeded one by stimulus where none is published."""
        ...


@runtime_checkable
class WithFeatures(FmriDataSet, Protocol):
    """A data set that comes with features of its stimuli."""

    def features(self, name: str = "") -> Features:
        """Return the features of that name, or the first.

        Raises
        ------
        RecordingError
            If there are none of that name.
        """
        ...


@runtime_checkable
class WithImages(FmriDataSet, Protocol):
    """A data set that comes with the images."""

    def images(self, names: list[str]) -> Images:
        """Return images of one size by name (n, height, width, 3).

        Raises
        ------
        RecordingError
            If one is absent.
        """
        ...
