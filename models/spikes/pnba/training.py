"""Learning PNBA from sessions with behaviour, by the house's loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from models.spikes.pnba.network import Pnba, fitting
from models.spikes.pnba.objective import PnbaLosses, Weights
from models.spikes.pool import Pool
from models.spikes.trial_set import TrialSet
from models.training.fit import FitSettings, History, fit
from models.training.fit_state import FitState
from models.training.objectives import OWN_LOSSES
from models.training.task import Progress

LOOP = FitSettings(epochs=40, batch_size=32, learning_rate=3e-3, weight_decay=1e-3, warmup_epochs=2, patience=10)


@dataclass(frozen=True, slots=True)
class PnbaSettings:
    """How PNBA learns.

    Parameters
    ----------
    covariate
        Name of the behaviour or stimulus.
    sizes
        Fields of :class:`models.spikes.pnba.network.Architecture` other than those the data give.
    weights
        Of the terms.
    free_dropout
        See :class:`models.spikes.pnba.objective.PnbaLosses`; 1: sessions learn no rows of their own.
    set_aside
        Share of each session's trials for early stopping.
    fit
        Of the loop.
    """

    covariate: str = "velocity"
    sizes: dict[str, Any] = field(default_factory=dict)
    weights: Weights = field(default_factory=Weights)
    free_dropout: float = 0.5
    set_aside: float = 0.1
    fit: FitSettings = LOOP


def learn(
    sessions: Sequence[TrialSet],
    settings: PnbaSettings,
    seed: int = 0,
    state: FitState | None = None,
    progress: Progress | None = None,
) -> tuple[Pnba, History]:
    """Train on sessions; return the network of the best epoch and what happened.

    Raises
    ------
    ModelError
        If sessions lack the covariate, or the loss is not finite.
    Stopped
        If it was asked to end early.
    """
    torch.manual_seed(seed)
    network = fitting(sessions, settings.covariate, **settings.sizes)
    pool = Pool(sessions, settings.covariate, with_statistics=network.architecture.statistics)
    losses = PnbaLosses(network, pool, settings.weights, settings.free_dropout)
    learned, aside = pool.split(settings.set_aside, seed)
    history = fit(
        losses,
        list(losses.parameters()),
        (learned, learned),
        replace(settings.fit, seed=seed),
        (aside, aside) if len(aside) else None,
        own=OWN_LOSSES,
        state=state,
        progress=progress,
    )
    return network, history
