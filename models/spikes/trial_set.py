"""Trials of one session, cut to equal length and binned: what every model and every metric here works on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.spikes.recording import Recording, Series
from models.spikes.units import Floats, Units
from pipelines.errors import RecordingError


@dataclass(frozen=True, slots=True, eq=False)
class TrialSet:
    """Trials of one session of one animal.

    Parameters
    ----------
    units
        Who fired.
    bin_s
        Width of a bin (s).
    counts
        float32 (n_trials, n_bins, n_units); deconvolved calcium where the source is calcium.
    labels
        Condition of each trial, (n_trials,) of text; empty text where it is withheld.
    ids
        Names of the trials, unique within the session.
    covariates
        Behaviour and stimuli by name, float32 (n_trials, n_bins, ...).
    truth
        True latents of a simulation by name, float32 (n_trials, n_bins, n_latents); empty for real data.

    Raises
    ------
    RecordingError
        If shapes differ or a trial's name occurs twice.
    """

    units: Units
    bin_s: float
    counts: Floats
    labels: NDArray[np.str_]
    ids: tuple[str, ...]
    covariates: Mapping[str, Floats] = field(default_factory=dict)
    truth: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = f"trials of {self.units.subject}, session {self.units.session}"
        if self.counts.ndim != 3 or self.counts.shape[2] != self.units.n_units:
            raise RecordingError(f"{where}: counts are {self.counts.shape}, not (n_trials, n_bins, n_units)")
        if self.labels.shape != (self.n_trials,) or len(self.ids) != self.n_trials:
            raise RecordingError(f"{where}: {self.n_trials} trials, {len(self.labels)} labels, {len(self.ids)} names")
        if len(set(self.ids)) != len(self.ids):
            raise RecordingError(f"{where}: names of trials occur twice")
        for name, values in [*self.covariates.items(), *self.truth.items()]:
            if values.shape[:2] != self.counts.shape[:2]:
                raise RecordingError(f"{where}: {name} is {values.shape}, counts are {self.counts.shape}")

    @property
    def n_trials(self) -> int:
        """How many trials."""
        return int(self.counts.shape[0])

    @property
    def n_bins(self) -> int:
        """How many bins a trial has."""
        return int(self.counts.shape[1])

    @property
    def global_rate(self) -> Floats:
        """Mean count over units, (n_trials, n_bins): what any two populations share without knowing anything."""
        return np.asarray(self.counts.mean(axis=2), np.float32)

    def take(self, trials: Sequence[int] | NDArray[Any]) -> TrialSet:
        """Return trials by number, in the given order."""
        rows = np.arange(self.n_trials)[np.asarray(trials)]
        return replace(
            self,
            counts=self.counts[rows],
            labels=self.labels[rows],
            ids=tuple(self.ids[row] for row in rows),
            covariates={name: values[rows] for name, values in self.covariates.items()},
            truth={name: values[rows] for name, values in self.truth.items()},
        )

    def take_units(self, rows: Sequence[int] | NDArray[Any]) -> TrialSet:
        """Return the same trials of some units, in the given order."""
        chosen = np.arange(self.units.n_units)[np.asarray(rows)]
        return replace(self, units=self.units.take(chosen), counts=self.counts[:, :, chosen])

    def unlabelled(self) -> TrialSet:
        """Return the activity alone: no labels, no covariates, no truth. What a model may know of an unseen animal."""
        return replace(self, labels=np.full(self.n_trials, ""), covariates={}, truth={})


def cut(recording: Recording, bin_s: float, n_bins: int, from_s: float = 0.0) -> TrialSet:
    """Cut all trials of a recording; covariates are averaged over each bin.

    Parameters
    ----------
    recording
        With trials; those whose window leaves the recording are dropped.
    bin_s, n_bins
        Width (s) and number of bins.
    from_s
        Where the first bin begins, from the trial's start (s).

    Raises
    ------
    RecordingError
        If no trial is left, or bins do not fit the rate of the recording.
    """
    length_s = n_bins * bin_s
    kept = [
        t
        for t in recording.trials
        if t.start_s + from_s >= recording.start_s and t.start_s + from_s + length_s <= recording.stop_s + 1e-9
    ]
    if not kept:
        raise RecordingError(
            f"{recording.units.subject}, session {recording.units.session}: no trial has {length_s:g} s from "
            f"{from_s:g} s after its start"
        )
    starts = [t.start_s + from_s for t in kept]
    return TrialSet(
        recording.units,
        bin_s,
        np.stack([recording.counts(start_s, n_bins, bin_s) for start_s in starts]),
        np.array([str(t.label) for t in kept]),
        tuple(f"{t.start_s:.6f}" for t in kept),
        {
            name: np.stack([_averaged(series, start_s, n_bins, bin_s) for start_s in starts])
            for name, series in recording.covariates.items()
        },
    )


def _averaged(series: Series, start_s: float, n_bins: int, bin_s: float) -> Floats:
    """Return means over bins (n_bins, ...); a bin in which no sample lies takes the nearest one."""
    part = series.between(start_s, start_s + n_bins * bin_s)
    if len(part.values) == 0:
        raise RecordingError(f"a covariate has no sample from {start_s:g} s on; leave it out or cut other trials")
    edges = start_s + np.arange(n_bins + 1) * bin_s
    cuts = np.searchsorted(part.times_s, edges - 1e-9)
    means = []
    for low, high in pairwise(cuts):
        first = min(int(low), len(part.values) - 1)
        means.append(part.values[first : max(int(high), first + 1)].mean(axis=0))
    return np.stack(means).astype(np.float32)
