"""One session by interval: units, their activity, behaviour and stimuli, and trials, all on one clock (s).

Intervals are half open: what happens at ``stop_s`` belongs to the next one. Slicing never shifts the clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.dataset import Trial
from models.spikes.units import Floats, Units
from pipelines.errors import RecordingError

ROUNDING = 1e-6
"""Share of a bin by which an interval may miss a whole number of bins and still hold the last one."""


@dataclass(frozen=True, slots=True, eq=False)
class SpikeTimes:
    """Spikes in order of time: ``times_s`` float64 (n_spikes,), and for each the row of its unit, (n_spikes,)."""

    times_s: NDArray[np.float64]
    unit: NDArray[np.int64]

    def between(self, start_s: float, stop_s: float) -> SpikeTimes:
        """Return the spikes of an interval."""
        part = slice(*np.searchsorted(self.times_s, [start_s, stop_s], side="left"))
        return SpikeTimes(self.times_s[part], self.unit[part])


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Samples at a fixed rate; number ``i`` lies at ``origin_s + (first + i) / rate_hz``.

    Parameters
    ----------
    values
        (n_samples, ...): kinematics, pictures, running speed, counts (n_samples, n_units).
    rate_hz, origin_s, first
        See above; slicing changes ``first`` alone, so that a slice of a slice is exact.
    """

    values: Floats
    rate_hz: float
    origin_s: float = 0.0
    first: int = 0

    @property
    def times_s(self) -> NDArray[np.float64]:
        """When each sample is, (n_samples,)."""
        return self.origin_s + (self.first + np.arange(len(self.values))) / self.rate_hz

    def between(self, start_s: float, stop_s: float) -> Series:
        """Return the samples of an interval."""
        tolerance_s = ROUNDING / self.rate_hz
        low, high = np.searchsorted(self.times_s, [start_s - tolerance_s, stop_s - tolerance_s], side="left")
        return replace(self, values=self.values[low:high], first=self.first + int(low))


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One session of one animal.

    Parameters
    ----------
    units
        Who fired.
    activity
        Times of spikes, or a series (n_samples, n_units) of counts or of calcium.
    start_s, stop_s
        What was recorded.
    covariates
        Behaviour and stimuli by name: ``velocity``, ``position``, ``video``, ``running`` …
    trials
        In order of time; the label is the condition.

    Raises
    ------
    RecordingError
        If spikes are out of order or of units that are not there, or the number of units differs.
    """

    units: Units
    activity: SpikeTimes | Series
    start_s: float
    stop_s: float
    covariates: Mapping[str, Series] = field(default_factory=dict)
    trials: tuple[Trial, ...] = ()

    def __post_init__(self) -> None:
        where = f"{self.units.subject}, session {self.units.session}"
        if isinstance(self.activity, Series):
            if self.activity.values.shape[1:] != (self.units.n_units,):
                raise RecordingError(
                    f"{where}: activity is {self.activity.values.shape}, but there are {self.units.n_units} units"
                )
        elif self.activity.times_s.size:
            if np.any(np.diff(self.activity.times_s) < 0):
                raise RecordingError(f"{where}: spikes are not in order of time")
            if not 0 <= self.activity.unit.min() <= self.activity.unit.max() < self.units.n_units:
                raise RecordingError(f"{where}: a spike is of a unit that is not in the table")

    def between(self, start_s: float, stop_s: float) -> Recording:
        """Return an interval of it, with the trials that lie wholly inside."""
        low, high = max(start_s, self.start_s), min(stop_s, self.stop_s)
        high = max(low, high)
        return Recording(
            self.units,
            self.activity.between(low, high),
            low,
            high,
            {name: series.between(low, high) for name, series in self.covariates.items()},
            tuple(t for t in self.trials if t.start_s >= low and t.stop_s <= high),
        )

    def counts(self, start_s: float, n_bins: int, bin_s: float) -> Floats:
        """Return counts (n_bins, n_units) of bins that begin at ``start_s``.

        Raises
        ------
        RecordingError
            If bins lie outside the recording, or are no multiple of the bins it was recorded in.
        """
        stop_s = start_s + n_bins * bin_s
        if start_s < self.start_s - ROUNDING * bin_s or stop_s > self.stop_s + ROUNDING * bin_s:
            raise RecordingError(
                f"{self.units.subject}, session {self.units.session}: bins from {start_s:g} to {stop_s:g} s lie "
                f"outside the recording ({self.start_s:g} to {self.stop_s:g} s)"
            )
        if isinstance(self.activity, Series):
            return _summed(self.activity.between(start_s, stop_s), n_bins, bin_s)
        part = self.activity.between(start_s, stop_s)
        # A spike within rounding of the end would be of the bin behind the last one.
        bins = np.minimum(((part.times_s - start_s) / bin_s).astype(np.int64), n_bins - 1)
        flat = np.bincount(bins * self.units.n_units + part.unit, minlength=n_bins * self.units.n_units)
        return flat.reshape(n_bins, self.units.n_units).astype(np.float32)


def _summed(series: Series, n_bins: int, bin_s: float) -> Floats:
    per_bin = round(bin_s * series.rate_hz)
    if per_bin < 1 or abs(per_bin - bin_s * series.rate_hz) > ROUNDING * per_bin:
        raise RecordingError(f"bins of {bin_s:g} s are no multiple of the recorded {1 / series.rate_hz:g} s")
    if len(series.values) < n_bins * per_bin:
        raise RecordingError(f"{n_bins} bins of {bin_s:g} s need {n_bins * per_bin} samples, not {len(series.values)}")
    kept = series.values[: n_bins * per_bin]
    return np.asarray(kept.reshape(n_bins, per_bin, *kept.shape[1:]).sum(axis=1), np.float32)


def from_trains(trains: Sequence[NDArray[Any]]) -> SpikeTimes:
    """Join the spike times (s) of units, one array each, into one in order of time."""
    times = np.concatenate([np.asarray(train, np.float64) for train in trains]) if trains else np.empty(0)
    unit = np.repeat(np.arange(len(trains)), [len(train) for train in trains])
    order = np.argsort(times, kind="stable")
    return SpikeTimes(times[order], unit[order].astype(np.int64))
