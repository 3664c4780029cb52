"""What links a source to a target, and the base of aligners that solve for a map from it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.aligner import Floats, Labels, LinearMap
from pipelines.errors import ModelError


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """The arguments of :meth:`models.aligner.Aligner.fit`."""

    aligner: str
    source: Floats
    target: Floats
    pairs: NDArray[np.integer[Any]] | None
    embeddings: tuple[Floats, Floats] | None
    labels: tuple[Labels, Labels] | None
    seed: int

    @property
    def kind(self) -> str:
        """``pairs``, ``embeddings``, ``labels`` or ``nothing``: the first that is given."""
        given = {"pairs": self.pairs, "embeddings": self.embeddings, "labels": self.labels}
        return next((name for name, value in given.items() if value is not None), "nothing")

    def same_units(self) -> int:
        """Return the number of units.

        Raises
        ------
        ModelError
            If source and target differ in it.
        """
        if self.source.shape[1] != self.target.shape[1]:
            raise ModelError(
                f"{self.aligner}: source has {self.source.shape[1]} units, target {self.target.shape[1]}: this aligner "
                "needs the same units on both sides"
            )
        return int(self.source.shape[1])

    def matched(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return observations that correspond, row by row: (n, n_source) and (n, n_target).

        Pairs are taken as they are; of labels, the means of each class both have. Of epochs, every time is a row: their
        courses must then be locked to the event.

        Raises
        ------
        ModelError
            If there are neither, or fewer than two rows.
        """
        if self.pairs is not None:
            first, second = self.source[self.pairs[:, 0]], self.target[self.pairs[:, 1]]
        elif self.labels is not None:
            first, second = self._class_means(*self.labels)
        else:
            raise ModelError(f"{self.aligner}: needs pairs of trials, or labels; {self.kind} was given")
        found = _rows(first), _rows(second)
        if len(found[0]) < 2:
            raise ModelError(f"{self.aligner}: {len(found[0])} matching trials: at least two are needed")
        return found

    def _class_means(self, source: Labels, target: Labels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        classes = [label for label in np.unique(source) if label in target]
        if not classes:
            raise ModelError(f"{self.aligner}: source and target have no class in common")
        first, second = (
            np.stack([x[y == label].mean(axis=0, dtype=np.float64) for label in classes])
            for x, y in ((self.source, source), (self.target, target))
        )
        return first, second

    def embedded(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return features of each trial of source and of target; of labels, one column for each class both have.

        Raises
        ------
        ModelError
            If there are neither, or a side has not one row for each trial.
        """
        if self.embeddings is not None:
            first, second = (np.asarray(e, dtype=np.float64).reshape(len(e), -1) for e in self.embeddings)
        elif self.labels is not None:
            classes = np.unique(self.labels[1])
            first, second = ((np.asarray(y)[:, None] == classes).astype(np.float64) for y in self.labels)
        else:
            raise ModelError(f"{self.aligner}: needs embeddings or labels of the trials; {self.kind} was given")
        if (len(first), len(second)) != (len(self.source), len(self.target)):
            raise ModelError(
                f"{self.aligner}: {len(first)} and {len(second)} embedded trials of {len(self.source)} and "
                f"{len(self.target)}"
            )
        return first, second


def _rows(x: Floats) -> NDArray[np.float64]:
    found = np.asarray(x, dtype=np.float64)
    return found if found.ndim == 2 else np.moveaxis(found, 1, 2).reshape(-1, found.shape[1])


class SolvedAligner(ABC):
    """Base of aligners: a subclass names itself and solves a link."""

    name = ""

    def __init__(self) -> None:
        self._solved: tuple[LinearMap, dict[str, Any]] | None = None

    @abstractmethod
    def solve(self, link: Link) -> tuple[LinearMap, dict[str, Any]]:
        """Return the map and what is to be reported of it."""

    def fit(
        self,
        source: Floats,
        target: Floats,
        *,
        pairs: NDArray[np.integer[Any]] | None = None,
        embeddings: tuple[Floats, Floats] | None = None,
        labels: tuple[Labels, Labels] | None = None,
        seed: int = 0,
    ) -> Self:
        """See :meth:`models.aligner.Aligner.fit`."""
        link = Link(self.name, source, target, pairs, embeddings, labels, seed)
        found, figures = self.solve(link)
        self._solved = found, {"aligner": self.name, "link": link.kind, "n_parameters": found.matrix.size, **figures}
        return self

    @property
    def map(self) -> LinearMap:
        """The operator.

        Raises
        ------
        ModelError
            Before ``fit``.
        """
        return self._result()[0]

    def transform(self, x: Floats) -> NDArray[np.float64]:
        """See :meth:`models.aligner.Aligner.transform`."""
        return self.map(x)

    def report(self) -> Mapping[str, Any]:
        """See :meth:`models.aligner.Aligner.report`."""
        return self._result()[1]

    def _result(self) -> tuple[LinearMap, dict[str, Any]]:
        if self._solved is None:
            raise ModelError(f"{self.name}: not fitted yet")
        return self._solved


def centred_map(
    matrix: NDArray[np.float64], source_mean: NDArray[np.float64], target_mean: NDArray[np.float64]
) -> LinearMap:
    """Return the map that takes the source's mean to the target's and deviations through ``matrix``."""
    return LinearMap(matrix, target_mean - source_mean @ matrix)
