"""PNBA learned on runs with velocity, on another run without: embeddings of its units are learned from counts alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from models.spikes.methods.pnba import Settings, build
from models.spikes.trial_set import TrialSet
from models.training.task import Progress

N_BINS, STEP = 20, 5
"""Bins of a window, and between the beginnings of two that are learned from."""
EPOCHS = 15


def velocity_of(known: Sequence[TrialSet], trials: TrialSet, seed: int, progress: Progress) -> NDArray[np.float64]:
    """Return velocities (n_bins, 2) of a run of one long trial; ``known`` are runs with velocity.

    Parameters
    ----------
    known
        One long trial each; every one is a session of its own.
    trials
        Whose velocity is not looked at.
    """
    learned = [_windows(t, STEP, f"run {number}") for number, t in enumerate(known)]
    model = build(Settings(transfer="few_shot", free_dropout=0.2, epochs=EPOCHS))
    model.fit(learned, seed, progress)
    bare = _windows(trials.unlabelled(), STEP, "unseen")
    # The last window reaches back over bins that are told already, so that every bin has one.
    n_bins = trials.n_bins
    starts = [*range(0, n_bins - N_BINS + 1, N_BINS), n_bins - N_BINS]
    read = _at(trials.unlabelled(), starts, "unseen")
    told = model.network.decoded(torch.from_numpy(model.latents(read, bare))).numpy()
    velocity = np.empty((n_bins, told.shape[2]))
    for start, values in zip(starts, told, strict=True):
        velocity[start : start + N_BINS] = values
    return velocity


def _windows(trials: TrialSet, step: int, session: str) -> TrialSet:
    return _at(trials, list(range(0, trials.n_bins - N_BINS + 1, step)), session)


def _at(trials: TrialSet, starts: Sequence[int], session: str) -> TrialSet:
    def cut(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.stack([values[0, start : start + N_BINS] for start in starts])

    return TrialSet(
        replace(trials.units, session=session),
        trials.bin_s,
        cut(trials.counts),
        np.full(len(starts), ""),
        tuple(f"{number} from {start}" for number, start in enumerate(starts)),
        {name: cut(values) for name, values in trials.covariates.items()},
    )
