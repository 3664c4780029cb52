"""A picture of what miVAE's shared block hears: of units, over time and over the cortex, and of the stimulus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from models.spikes.mivae.training import NeuralMiVae
from models.spikes.pool import Session
from models.spikes.trial_set import TrialSet

N_TRIALS = 16
"""Over which scores are averaged."""


def draw_attribution(network: NeuralMiVae, trials: TrialSet, covariate: str, path: Path) -> None:
    """Write the picture (PNG).

    Parameters
    ----------
    network
        Trained.
    trials
        Of any session, with the covariate.
    covariate
        Its name.
    path
        Where it goes.
    """
    some = trials.take(np.arange(min(N_TRIALS, trials.n_trials)))
    units = network.unit_scores(some, Session.of(trials)).numpy()
    values = torch.from_numpy(np.asarray(some.covariates[covariate], np.float32))
    stimulus = network.stimulus_scores(values).mean(0).numpy()
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    order = np.argsort(units.mean(axis=0))[::-1]
    _map(figure, left, units[:, order].T, "units, most heard first", trials.bin_s)
    _cortex(figure, middle, trials, units.mean(axis=0))
    if stimulus.ndim == 3:
        shown = right.imshow(stimulus.mean(axis=0), cmap="viridis", origin="lower")
        figure.colorbar(shown, ax=right)
        right.set(title="places of the frame", xlabel="pixel", ylabel="pixel")
    else:
        _map(figure, right, stimulus.T, f"values of {covariate}", trials.bin_s)
    figure.suptitle("Fisher information that inputs carry about the shared block", fontsize=11)
    figure.savefig(path, dpi=110, metadata={"Software": None})


def _map(figure: Figure, axis: Any, values: np.ndarray[Any, Any], title: str, bin_s: float) -> None:
    extent = (0, values.shape[1] * bin_s, values.shape[0], 0)
    shown = axis.imshow(values, aspect="auto", cmap="viridis", extent=extent, interpolation="nearest")
    figure.colorbar(shown, ax=axis)
    axis.set(title=title, xlabel="time (s)")


def _cortex(figure: Figure, axis: Any, trials: TrialSet, score: np.ndarray[Any, Any]) -> None:
    where = trials.units.positions
    if not np.isfinite(where).all():
        axis.hist(score, bins=30)
        axis.set(title="units (no coordinates)", xlabel="score")
        return
    shown = axis.scatter(where[:, 0], where[:, 1], c=score, s=22, cmap="viridis")
    figure.colorbar(shown, ax=axis)
    axis.set(title="units on the cortex", xlabel="x (mm)", ylabel="y (mm)")
