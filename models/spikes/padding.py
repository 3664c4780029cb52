"""Trials of several populations in one batch: counts standardised by session, padded to the largest population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from models.spikes.trial_set import TrialSet
from models.spikes.units import Floats

FLOOR = 0.05
"""Smallest deviation or mean that counts are divided by, as a share of that of the session's units."""


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """Mean and deviation of each unit's square-root counts in a session, (n_units,); no labels are needed.

    Roots keep a few loud units from drowning the rest of what is reduced linearly. Where counts are few, a mean root
    is not the root of the mean: networks take :class:`Excess`.
    """

    mean: Floats
    deviation: Floats

    @classmethod
    def of(cls, trials: TrialSet) -> Self:
        """Learn them from trials of the session."""
        # In double precision: how sums round depends on how the counts lie in memory, and so on the order of units.
        roots = np.sqrt(trials.counts, dtype=np.float64)
        deviation = roots.std(axis=(0, 1))
        floor = max(FLOOR * float(deviation.mean()), 1e-6)
        mean = roots.mean(axis=(0, 1))
        return cls(mean.astype(np.float32), np.maximum(deviation, floor).astype(np.float32))

    def __call__(self, counts: Floats) -> Floats:
        """Return standardised counts (..., n_units)."""
        return np.asarray((np.sqrt(counts) - self.mean) / self.deviation, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Excess:
    """Counts beyond each unit's mean, over the geometric mean of that mean and the population's; no labels are needed.

    What is expected of it does not change when all rates are multiplied, however few counts there are; only its noise
    does. Units of Poisson counts are equally noisy, so that one that fires more tells more, and a silent one nothing.

    Parameters
    ----------
    mean, scale
        What is taken away and divided by, (n_units,).
    """

    mean: Floats
    scale: Floats

    @classmethod
    def of(cls, trials: TrialSet) -> Self:
        """Learn them from trials of the session."""
        # In double precision, as above.
        mean = trials.counts.mean(axis=(0, 1), dtype=np.float64)
        population = max(float(mean.mean()), 1e-9)
        scale = np.sqrt(np.maximum(mean, FLOOR * population) * population)
        return cls(mean.astype(np.float32), scale.astype(np.float32))

    def __call__(self, counts: Floats) -> Floats:
        """Return excess counts (..., n_units)."""
        return np.asarray((counts - self.mean) / self.scale, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Trials side by side: counts (n_batch, n_bins, n_units), embeddings of units, and which units are there.

    Parameters
    ----------
    counts
        Zero where no unit is.
    present
        (n_batch, n_units), bool.
    population
        For each trial the number of its population, (n_batch,).
    """

    counts: Tensor
    present: Tensor
    population: Tensor


def pad(counts: Sequence[Tensor]) -> Batch:
    """Join trials of populations, one tensor (n_trials, n_bins, n_units) each, of equal numbers of bins."""
    widest = max(part.shape[2] for part in counts)
    padded = [torch.nn.functional.pad(part, (0, widest - part.shape[2])) for part in counts]
    present = [
        (torch.arange(widest, device=part.device) < part.shape[2]).expand(part.shape[0], widest) for part in counts
    ]
    numbers = [torch.full((part.shape[0],), number) for number, part in enumerate(counts)]
    return Batch(torch.cat(padded), torch.cat(present), torch.cat(numbers))


def pad_embeddings(embeddings: Sequence[Tensor], population: Tensor) -> Tensor:
    """Return for each trial the embeddings of its population, (n_batch, n_units, dim), zero where no unit is.

    Parameters
    ----------
    embeddings
        (n_units, dim) of each population.
    population
        Number of each trial's population, (n_batch,).
    """
    widest = max(part.shape[0] for part in embeddings)
    stacked = torch.stack([torch.nn.functional.pad(part, (0, 0, 0, widest - part.shape[0])) for part in embeddings])
    return stacked[population]
