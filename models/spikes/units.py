"""The units of one session: who they are, where they are, what their waveforms look like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import RecordingError

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """A table with one row for each unit; its order means nothing.

    Parameters
    ----------
    subject, session
        Whose they are, and of which day.
    ids
        One name for each unit, unique within the session; the same name on another day claims the same unit.
    positions
        Coordinates (n_units, 3), mm where the source says; NaN where nobody knows.
    descriptors
        Waveform and quality (n_units, n_descriptors): width, amplitude, isolation …
    descriptor_names
        What the columns are.

    Raises
    ------
    RecordingError
        If shapes differ or a name occurs twice.
    """

    subject: str
    session: str
    ids: tuple[str, ...]
    positions: Floats
    descriptors: Floats
    descriptor_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        where = f"units of {self.subject}, session {self.session}"
        if len(set(self.ids)) != len(self.ids):
            raise RecordingError(f"{where}: names of units occur twice")
        if self.positions.shape != (len(self.ids), 3):
            raise RecordingError(f"{where}: positions are {self.positions.shape}, not ({len(self.ids)}, 3)")
        if self.descriptors.shape != (len(self.ids), len(self.descriptor_names)):
            raise RecordingError(
                f"{where}: descriptors are {self.descriptors.shape}, not ({len(self.ids)}, "
                f"{len(self.descriptor_names)})"
            )

    @classmethod
    def anonymous(cls, subject: str, session: str, n_units: int) -> Units:
        """Return units of which nothing is known but their number."""
        ids = tuple(str(number) for number in range(n_units))
        nowhere = np.full((n_units, 3), np.nan, np.float32)
        return cls(subject, session, ids, nowhere, np.empty((n_units, 0), np.float32))

    @property
    def n_units(self) -> int:
        """How many there are."""
        return len(self.ids)

    @property
    def features(self) -> Floats:
        """What is known of each unit, (n_units, 3 + n_descriptors): coordinates, unknown ones 0, and descriptors."""
        return np.concatenate([np.nan_to_num(self.positions), self.descriptors], axis=1)

    def take(self, rows: Sequence[int] | NDArray[Any]) -> Units:
        """Return units by number, in the given order."""
        chosen = np.asarray(rows, dtype=np.int64)
        ids = tuple(self.ids[row] for row in chosen)
        return Units(
            self.subject, self.session, ids, self.positions[chosen], self.descriptors[chosen], self.descriptor_names
        )
