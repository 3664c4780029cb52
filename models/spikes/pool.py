"""Trials of several sessions as one numbered list, and batches of them with their units padded to one width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.spikes.padding import Excess, pad, pad_embeddings
from models.spikes.trial_set import TrialSet
from models.spikes.unit_embedding import UnitEmbedding, statistics
from models.spikes.units import Units
from pipelines.errors import ModelError

QUIET = 1e-3
"""Counts per bin below which a unit's mean is not believed."""


def session_name(units: Units) -> str:
    """Return the name under which a session has its own rows of unit embeddings."""
    return f"{units.subject}, session {units.session}"


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """What is known of a session without any label.

    Parameters
    ----------
    name
        See :func:`session_name`.
    excess
        Means and scales of its units.
    features
        Table of units (n_units, n_features), with their statistics where asked for.
    log_mean
        Logarithm of each unit's mean count per bin, (n_units,).
    """

    name: str
    excess: Excess
    features: Tensor
    log_mean: Tensor

    @classmethod
    def of(cls, trials: TrialSet, *, with_statistics: bool = False) -> Session:
        """Learn it from trials; their labels are not looked at."""
        counts = torch.from_numpy(np.ascontiguousarray(trials.counts))
        features = torch.from_numpy(trials.units.features)
        if with_statistics:
            features = torch.cat([features, statistics(counts)], dim=1)
        mean = counts.mean(dim=(0, 1)).clamp_min(QUIET)
        return cls(session_name(trials.units), Excess.of(trials), features.float(), mean.log())

    def standardised(self, trials: TrialSet) -> Tensor:
        """Return the activity as encoders take it, (n_trials, n_bins, n_units)."""
        return torch.from_numpy(self.excess(trials.counts))


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Trials side by side, of whatever sessions; units that are not there are zero and not ``present``.

    Parameters
    ----------
    activity, counts
        Standardised, and as counted: (n_batch, n_bins, n_units).
    covariate
        Behaviour or stimulus (n_batch, n_bins, ...).
    present
        (n_batch, n_units), bool.
    embedding, log_mean
        Of each trial's units: (n_batch, n_units, dim) and (n_batch, n_units).
    session
        Number of each trial's session, (n_batch,).
    label
        Number of each trial's condition, (n_batch,).
    """

    activity: Tensor
    counts: Tensor
    covariate: Tensor
    present: Tensor
    embedding: Tensor
    log_mean: Tensor
    session: Tensor
    label: Tensor


class Pool:
    """All trials of the sessions that are learned from, numbered.

    Parameters
    ----------
    sessions
        With the covariate; equal numbers of bins.
    covariate
        Its name.
    with_statistics
        Whether statistics of units stand beside their table.

    Raises
    ------
    ModelError
        If there is no session, one lacks the covariate, or lengths differ.
    """

    def __init__(self, sessions: Sequence[TrialSet], covariate: str, *, with_statistics: bool = False) -> None:
        if not sessions:
            raise ModelError("spikes: there is no session to learn from")
        for trials in sessions:
            if covariate not in trials.covariates:
                known = ", ".join(trials.covariates) or "none"
                raise ModelError(f"{session_name(trials.units)}: no covariate {covariate!r} (there: {known})")
            if trials.n_bins != sessions[0].n_bins:
                raise ModelError(f"{session_name(trials.units)}: {trials.n_bins} bins, not {sessions[0].n_bins}")
        self.sessions = [Session.of(trials, with_statistics=with_statistics) for trials in sessions]
        self._activity = [s.standardised(t) for s, t in zip(self.sessions, sessions, strict=True)]
        self._counts = [torch.from_numpy(np.ascontiguousarray(t.counts)) for t in sessions]
        self._covariate = [torch.from_numpy(np.asarray(t.covariates[covariate], np.float32)) for t in sessions]
        self.conditions = tuple(sorted({str(label) for trials in sessions for label in trials.labels}))
        self._label = [torch.tensor([self.conditions.index(str(c)) for c in t.labels]) for t in sessions]
        sizes = torch.tensor([t.n_trials for t in sessions])
        self.session = torch.repeat_interleave(torch.arange(len(sessions)), sizes)
        self._within = torch.cat([torch.arange(n) for n in sizes.tolist()])

    def __len__(self) -> int:
        return len(self.session)

    @property
    def covariates(self) -> Tensor:
        """All of them, (n_trials, n_bins, ...)."""
        return torch.cat(self._covariate)

    def split(self, share: float, seed: int) -> tuple[Tensor, Tensor]:
        """Return numbers of trials to learn from and of those set aside, ``share`` of every session."""
        luck = torch.Generator().manual_seed(seed)
        learned, aside = [], []
        for number in range(len(self.sessions)):
            rows = torch.nonzero(self.session == number)[:, 0]
            rows = rows[torch.randperm(len(rows), generator=luck)]
            n_aside = round(share * len(rows))
            aside.append(rows[:n_aside])
            learned.append(rows[n_aside:])
        return torch.cat(learned), torch.cat(aside)

    def batch(self, rows: Tensor, units: UnitEmbedding, *, free: bool = True) -> Batch:
        """Return trials by number, ordered by session; ``free`` False leaves out what only this session has learned."""
        rows = rows[torch.argsort(self.session[rows], stable=True)]
        numbers = torch.unique(self.session[rows]).tolist()
        within = [self._within[rows[self.session[rows] == n]] for n in numbers]

        def of(table: list[Tensor]) -> list[Tensor]:
            return [table[n][inside] for n, inside in zip(numbers, within, strict=True)]

        there = [self.sessions[n] for n in numbers]
        activity, counts = pad(of(self._activity)), pad(of(self._counts))
        embeddings = [units(s.features, s.name if free else None) for s in there]
        log_mean = pad_embeddings([s.log_mean[:, None] for s in there], activity.population)[..., 0]
        return Batch(
            activity.counts,
            counts.counts,
            torch.cat(of(self._covariate)),
            activity.present,
            pad_embeddings(embeddings, activity.population),
            log_mean,
            self.session[rows],
            torch.cat(of(self._label)),
        )
