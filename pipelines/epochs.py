"""Averages of epochs around markers, kept as sums: the event-related average of a stream that goes on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]


@dataclass(slots=True)
class _Sums:
    n: int
    rejected: int
    mean: Floats
    squares: Floats


class EpochAverages:
    """Mean and its confidence interval for each label, over epochs cut, corrected and rejected as MNE does it.

    Parameters
    ----------
    rate_hz, n_channels
        The stream.
    from_s, to_s
        Borders of the epoch around the marker; both belong to it.
    baseline_s
        Its mean is taken away from each epoch and channel; both ends belong to it. None: nothing is.
    reject_uv
        An epoch whose values in one of ``watched`` channels span more is rejected. None: none is.
    watched
        Columns that can cause a rejection; None: all.
    """

    def __init__(
        self,
        rate_hz: float,
        n_channels: int,
        from_s: float,
        to_s: float,
        baseline_s: tuple[float, float] | None = None,
        reject_uv: float | None = None,
        watched: list[int] | None = None,
    ) -> None:
        self.offset = round(from_s * rate_hz)
        self.times_s: Floats = np.arange(self.offset, round(to_s * rate_hz) + 1) / rate_hz
        self._shape = (len(self.times_s), n_channels)
        self._reject = np.inf if reject_uv is None else reject_uv
        self._watched = list(range(n_channels)) if watched is None else watched
        half = 0.5 / rate_hz
        self._baseline = None
        if baseline_s is not None:
            low, high = baseline_s
            self._baseline = (self.times_s >= low - half) & (self.times_s <= high + half)
        self._sums: dict[str, _Sums] = {}

    @property
    def n_times(self) -> int:
        """Samples of an epoch."""
        return self._shape[0]

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels seen, in order of their first epoch."""
        return tuple(self._sums)

    def add(self, label: str, epoch: NDArray[np.floating]) -> bool:
        """Take an epoch (n_times, n_channels), NaN where samples are missing; return whether it was kept."""
        found = self._sums.setdefault(label, _Sums(0, 0, np.zeros(self._shape), np.zeros(self._shape)))
        rows = epoch.astype(np.float64)
        watched = rows[:, self._watched]
        # A NaN makes the comparison false, so an epoch with a hole is rejected too.
        if not (np.ptp(watched, axis=0) <= self._reject).all():
            found.rejected += 1
            return False
        if self._baseline is not None and self._baseline.any():
            rows -= rows[self._baseline].mean(axis=0)
        found.n += 1
        step = rows - found.mean
        found.mean += step / found.n
        found.squares += step * (rows - found.mean)
        return True

    def counts(self, label: str) -> tuple[int, int]:
        """Return how many epochs were kept and how many rejected."""
        found = self._sums.get(label)
        return (0, 0) if found is None else (found.n, found.rejected)

    def mean(self, label: str, columns: list[int]) -> Floats:
        """Return the average (n_times, n_columns) of some channels; NaN without an epoch."""
        found = self._sums.get(label)
        return np.full((self.n_times, len(columns)), np.nan) if found is None or not found.n else found.mean[:, columns]

    def half_interval(self, label: str, columns: list[int], confidence: float = 0.95) -> Floats:
        """Return half the width (n_times, n_columns) of the mean's interval by Student's t; NaN below 2 epochs."""
        found = self._sums.get(label)
        if found is None or found.n < 2:
            return np.full((self.n_times, len(columns)), np.nan)
        error = np.sqrt(found.squares[:, columns] / (found.n - 1) / found.n)
        return np.asarray(error * stdtrit(found.n - 1, 0.5 + confidence / 2))
