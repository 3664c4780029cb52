"""What a subject's brain did: a table of voxels, a table of trials, and one response of each voxel in each trial."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.errors import RecordingError

Floats = NDArray[np.floating[Any]]
Index = NDArray[np.bool_] | NDArray[np.integer[Any]] | slice


@dataclass(frozen=True, slots=True, eq=False)
class Voxels:
    """Where each voxel is.

    Parameters
    ----------
    roi
        Name of its region (n_voxels,); empty where it has none.
    xyz_mm
        Its centre (n_voxels, 3) in the space of the file (mm); NaN where nobody says.
    ncsnr
        Noise-ceiling signal-to-noise ratio (n_voxels,): standard deviation of the signal across stimuli over that of
        the noise of one trial (Allen et al. 2022, Nat. Neurosci. 25:116, Methods); NaN where nobody says.
    """

    roi: NDArray[np.str_]
    xyz_mm: Floats
    ncsnr: Floats

    @classmethod
    def of(cls, roi: ArrayLike, xyz_mm: ArrayLike | None = None, ncsnr: ArrayLike | None = None) -> Self:
        """Make the table; what is not given is not known.

        Raises
        ------
        RecordingError
            If the columns differ in length.
        """
        names = np.asarray(roi, dtype=np.str_)
        n = len(names)
        where = np.full((n, 3), np.nan) if xyz_mm is None else np.asarray(xyz_mm, dtype=np.float64)
        ratio = np.full(n, np.nan) if ncsnr is None else np.asarray(ncsnr, dtype=np.float64)
        if where.shape != (n, 3) or ratio.shape != (n,):
            raise RecordingError(f"table of {n} voxels: coordinates are {where.shape}, ncsnr is {ratio.shape}")
        return cls(names, where, ratio)

    def __len__(self) -> int:
        return len(self.roi)

    def __getitem__(self, index: Index) -> Self:
        return type(self)(self.roi[index], self.xyz_mm[index], self.ncsnr[index])

    @property
    def places(self) -> Floats | None:
        """Coordinates (n_voxels, 3), or None if any voxel's are not known."""
        return self.xyz_mm if np.isfinite(self.xyz_mm).all() else None

    @property
    def rois(self) -> tuple[str, ...]:
        """Names of the regions in order of their first voxel."""
        return tuple(str(name) for name in dict.fromkeys(self.roi.tolist()) if name)


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """Which stimulus was seen when: one row for each trial.

    Parameters
    ----------
    stimulus
        Name of the stimulus (n_trials,).
    session
        Name of the session (n_trials,).
    start_s, stop_s
        Interval of the stimulus on its session's clock (s); NaN where the data have no time axis.
    n_averaged
        How many presentations the row is the mean of (n_trials,): 1 for a single trial.
    """

    stimulus: NDArray[np.str_]
    session: NDArray[np.str_]
    start_s: Floats
    stop_s: Floats
    n_averaged: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        stimulus: ArrayLike,
        session: ArrayLike | str = "1",
        start_s: ArrayLike | None = None,
        stop_s: ArrayLike | None = None,
        n_averaged: ArrayLike | int = 1,
    ) -> Self:
        """Make the table; one session, no time axis and single trials if nothing else is said."""
        names = np.asarray(stimulus, dtype=np.str_)
        n = len(names)
        unknown = np.full(n, np.nan)
        columns = (
            np.broadcast_to(np.asarray(session, dtype=np.str_), n).copy(),
            unknown if start_s is None else np.asarray(start_s, dtype=np.float64),
            unknown if stop_s is None else np.asarray(stop_s, dtype=np.float64),
            np.broadcast_to(np.asarray(n_averaged, dtype=np.int64), n).copy(),
        )
        if any(len(column) != n for column in columns):
            raise RecordingError(f"table of {n} trials: its columns have {[len(c) for c in columns]} rows")
        return cls(names, *columns)

    def __len__(self) -> int:
        return len(self.stimulus)

    def __getitem__(self, index: Index) -> Self:
        return type(self)(
            self.stimulus[index], self.session[index], self.start_s[index], self.stop_s[index], self.n_averaged[index]
        )

    def within(self, session: str, start_s: float, stop_s: float) -> NDArray[np.bool_]:
        """Return which trials (n_trials,) lie wholly in an interval of a session (s)."""
        return np.asarray(
            (self.session == session) & (self.start_s >= start_s) & (self.stop_s <= stop_s), dtype=np.bool_
        )


@dataclass(frozen=True, slots=True, eq=False)
class Responses:
    """One subject's responses.

    Parameters
    ----------
    subject
        Its name in the data set.
    voxels, trials
        What columns and rows are.
    values
        Float32 (n_trials, n_voxels); may be memory-mapped.
    unit
        ``percent`` signal change, ``z`` (standardised on training trials), or ``unknown``.
    """

    subject: str
    voxels: Voxels
    trials: Trials
    values: NDArray[np.float32]
    unit: str = "unknown"

    def __post_init__(self) -> None:
        wanted = len(self.trials), len(self.voxels)
        if self.values.shape != wanted:
            raise RecordingError(
                f"subject {self.subject}: responses are {self.values.shape}, the tables say {wanted[0]} trials of "
                f"{wanted[1]} voxels"
            )

    def of_trials(self, index: Index) -> Self:
        """Return some trials, in the order of the index."""
        return replace(self, trials=self.trials[index], values=self.values[index])

    def of_voxels(self, index: Index) -> Self:
        """Return some voxels, in the order of the index."""
        return replace(self, voxels=self.voxels[index], values=self.values[:, index])

    def stimulus_means(self) -> Self:
        """Return one row for each stimulus, in order of first showing: the mean of its trials, over all sessions."""
        names, first, which = np.unique(self.trials.stimulus, return_index=True, return_inverse=True)
        order = np.argsort(first)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        rows = place[which]
        weights = self.trials.n_averaged.astype(np.float64)
        total = np.bincount(rows, weights)
        sums = np.zeros((len(names), len(self.voxels)))
        np.add.at(sums, rows, self.values * weights[:, None])
        trials = Trials.of(names[order], "all", n_averaged=total.astype(np.int64))
        return replace(self, trials=trials, values=(sums / total[:, None]).astype(np.float32))
