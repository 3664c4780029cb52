"""How a latent model is judged on animals it never saw: one way for all, and nobody is told more than needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.metrics.decoding import r2_score, reader
from models.metrics.latent_alignment import agreement, cleaned, permutation_p, pooled_r, rotation_aligned_r
from models.spikes.latent_model import LatentModel, seen
from models.spikes.splits import assert_apart
from models.spikes.trial_set import TrialSet

Floats = NDArray[np.floating[Any]]


def read_unseen(
    model: LatentModel, learned: Sequence[TrialSet], truth: Sequence[Floats], calibration: TrialSet, test: TrialSet
) -> Floats:
    """Return what a fitted model tells of test trials in the unit of ``truth``, (n_trials, n_bins, n_outputs).

    The way from latents to truth is a ridge learned on the animals that were learned from.

    Parameters
    ----------
    model
        Fitted on ``learned``.
    learned, truth
        Sessions, and what is to be told of each.
    calibration, test
        Different trials of one session; the first are stripped to what the model needs, the others of everything.
    """
    assert_apart([calibration], [test], "trial")
    x = np.concatenate([model.latents(trials.unlabelled(), None) for trials in learned])
    read = reader(x, np.concatenate(truth))
    return read(model.latents(test.unlabelled(), seen(calibration, model.needs)))


def compared(said: Floats, truth: Floats, global_rate: Floats) -> dict[str, float]:
    """Return the figures of what was said of an animal: see :mod:`models.metrics.latent_alignment`.

    ``r``: correlation after the time course and the global rate are taken from both; ``r_rotated``: after a rotation
    found on the other half of the trials; ``paired_minus_unpaired``; ``p`` of permuted trials; ``r2``, nothing removed.
    """
    a, b = cleaned(said, global_rate), cleaned(truth, global_rate)
    half = np.arange(len(a)) % 2 == 0
    return {
        "r": pooled_r(a, b),
        "r_rotated": rotation_aligned_r(a, b, half, ~half),
        "paired_minus_unpaired": agreement(a, b).difference,
        "p": permutation_p(a, b, n_draws=199),
        "r2": r2_score(truth, said),
    }


def mean_figures(figures: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return means over animals."""
    return {name: float(np.mean([f[name] for f in figures])) for name in figures[0]}


def halves(trials: TrialSet) -> tuple[TrialSet, TrialSet]:
    """Return the first half of the trials, for calibration, and the second."""
    first = np.arange(trials.n_trials) < trials.n_trials // 2
    return trials.take(first), trials.take(~first)
