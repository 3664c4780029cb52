"""miVAE on populations and what they see or do, by the house's loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from models.spikes.gaussians import Gaussian
from models.spikes.mivae.attribution import scores
from models.spikes.mivae.network import MiVae, MiVaeLosses, MiVaeWeights
from models.spikes.mivae.priors import N_WAVES, ConditionalPrior
from models.spikes.mivae.sides import CovariateSide, NeuralSide
from models.spikes.pool import Pool, Session
from models.spikes.trial_set import TrialSet
from models.spikes.unit_embedding import UnitEmbedding
from models.training.fit import FitSettings, History, fit
from models.training.fit_state import FitState
from models.training.objectives import OWN_LOSSES
from models.training.task import Progress

LOOP = FitSettings(epochs=40, batch_size=32, learning_rate=3e-3, weight_decay=1e-3, warmup_epochs=1, patience=15)


class Architecture(BaseModel):
    """Sizes; the card's ``architecture``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_features: int = Field(0, ge=0)
    """Columns of the table of units."""
    covariate: tuple[int, ...] = (2,)
    """Of one bin."""
    n_sessions: int = Field(1, ge=1)
    n_conditions: int = Field(1, ge=1)
    n_shared: int = Field(4, ge=1)
    n_private: int = Field(2, ge=0)
    """Of the population."""
    n_irrelevant: int = Field(2, ge=0)
    """Of the stimulus or behaviour."""
    width: int = Field(32, ge=8)
    embedding_dim: int = Field(24, ge=1)
    conditional: bool = True


class NeuralMiVae(nn.Module):
    """miVAE with a set encoder on one side, and a behaviour or film on the other.

    Parameters
    ----------
    architecture
        See :class:`Architecture`.
    mean, scale
        Of the covariate.
    """

    def __init__(self, architecture: Architecture, mean: Tensor, scale: Tensor) -> None:
        super().__init__()
        a = self.architecture = architecture
        self.units = UnitEmbedding(a.n_features, a.embedding_dim)
        self.neural = NeuralSide(a.n_shared + a.n_private, a.embedding_dim, a.width)
        self.stimulus = CovariateSide(a.covariate, a.n_shared + a.n_irrelevant, a.width, mean, scale)
        on = a.conditional
        self.blocks = MiVae(
            self.neural,
            self.stimulus,
            ConditionalPrior(a.n_conditions, 2 * N_WAVES, a.n_shared, conditional=on),
            ConditionalPrior(a.n_sessions, a.embedding_dim, a.n_private, conditional=on),
            a.n_shared,
        )

    @torch.no_grad()
    def posterior(self, trials: TrialSet, session: Session) -> Gaussian:
        """Return shared latents and then private ones, (n_trials, n_bins, n_latents), of trials of any session."""
        self.eval()
        embedding = self.units(session.features)
        activity = session.standardised(trials)
        return self.neural.posterior(activity, embedding.expand(len(activity), -1, -1))

    def unit_scores(self, trials: TrialSet, session: Session) -> Tensor:
        """Return what the shared block hears of each unit: (n_bins, n_units), mean over trials."""
        self.eval()
        activity = session.standardised(trials)
        embedding = self.units(session.features).detach().expand(len(activity), -1, -1)

        def shared(values: Tensor) -> Gaussian:
            return self.neural.posterior(values, embedding)[..., : self.architecture.n_shared]

        return scores(shared, activity).mean(0)

    def stimulus_scores(self, covariate: Tensor) -> Tensor:
        """Return what the shared block hears of each value of a covariate (n_trials, n_bins, ...), in that shape."""
        self.eval()
        side = self.stimulus

        def shared(values: Tensor) -> Gaussian:
            return Gaussian.of(side.encoder(values))[..., : self.architecture.n_shared]

        return scores(shared, (covariate - side.mean) / side.scale)


@dataclass(frozen=True, slots=True)
class MiVaeSettings:
    """How miVAE learns.

    Parameters
    ----------
    covariate
        Name of the behaviour or stimulus.
    sizes
        Fields of :class:`Architecture` other than those the data give.
    weights, ramp
        Of the terms; see :class:`models.spikes.mivae.network.MiVaeLosses`.
    set_aside
        Share of each session's trials for early stopping.
    fit
        Of the loop.
    """

    covariate: str = "video"
    sizes: dict[str, Any] = field(default_factory=dict)
    weights: MiVaeWeights = field(default_factory=MiVaeWeights)
    ramp: int = 100
    set_aside: float = 0.1
    fit: FitSettings = LOOP


def learn(
    sessions: Sequence[TrialSet],
    settings: MiVaeSettings,
    seed: int = 0,
    state: FitState | None = None,
    progress: Progress | None = None,
) -> tuple[NeuralMiVae, History]:
    """Train on sessions; return the network of the best epoch and what happened.

    Units have no rows of their own here: what is known of them is their table, so any session can be read.

    Raises
    ------
    ModelError
        If sessions lack the covariate, or the loss is not finite.
    Stopped
        If it was asked to end early.
    """
    torch.manual_seed(seed)
    pool = Pool(sessions, settings.covariate)
    values = pool.covariates.flatten(0, 1)
    over = 0 if values.ndim == 2 else tuple(range(values.ndim))
    architecture = Architecture(
        n_features=sessions[0].units.features.shape[1],
        covariate=tuple(values.shape[1:]),
        n_sessions=len(sessions),
        n_conditions=len(pool.conditions),
        **settings.sizes,
    )
    network = NeuralMiVae(architecture, values.mean(over), values.std(over).clamp_min(1e-6))
    losses = _WithUnits(network, pool, settings)
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


class _WithUnits(MiVaeLosses):
    """Losses whose embeddings of units are learned, too."""

    def __init__(self, network: NeuralMiVae, pool: Pool, settings: MiVaeSettings) -> None:
        super().__init__(
            network.blocks, lambda rows: pool.batch(rows, network.units, free=False), settings.weights, settings.ramp
        )
        self.units = network.units
