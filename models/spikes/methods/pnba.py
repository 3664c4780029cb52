"""PNBA: neural and behavioural posteriors in one latent space (arXiv 2505.04331); see :mod:`models.spikes.pnba`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from pydantic import Field

from models.spikes.latent_model import Latents, Needs
from models.spikes.pnba.few_shot import FewShot, learn_units
from models.spikes.pnba.network import Pnba
from models.spikes.pnba.training import PnbaSettings, learn
from models.spikes.pool import Session, session_name
from models.spikes.trial_set import TrialSet
from models.training.fit import FitSettings
from models.training.task import Progress
from pipelines.errors import ModelError
from pipelines.plugins import PluginSettings

N_REFERENCE = 200
"""Trials whose latents an unseen session's are compared with."""


class Settings(PluginSettings):
    """Sizes, training, and how an unseen session is read."""

    covariate: str = Field("velocity", description="Behaviour or stimulus that is learned with.")
    transfer: Literal["zero_shot", "few_shot"] = Field(
        "zero_shot", description="few_shot: unlabelled trials of the session teach the embeddings of its units."
    )
    front_end: Literal["set", "published"] = Field("set", description="Encoder of units; see the network.")
    published_width: int = Field(64, ge=8, description="Of the published front end.")
    n_latents: int = Field(8, ge=1, description="Per bin.")
    width: int = Field(48, ge=8, description="Of the set encoder.")
    statistics: bool = Field(False, description="Whether statistics of a unit's counts stand beside its table.")
    free_dropout: float = Field(0.5, ge=0, le=1, description="Share of steps without embeddings of the session's own.")
    epochs: int = Field(25, ge=1, description="Passes over the training trials.")
    batch_size: int = Field(32, ge=2, description="Trials in a step.")
    learning_rate: float = Field(3e-3, gt=0, description="Highest step size of AdamW.")
    few_shot_steps: int = Field(150, ge=1, description="Steps that teach the embeddings of an unseen session.")

    def learning(self) -> PnbaSettings:
        """Return the settings of the training."""
        sizes = self.model_dump(include={"front_end", "published_width", "n_latents", "width", "statistics"})
        loop = FitSettings(self.epochs, self.batch_size, self.learning_rate, weight_decay=1e-3, warmup_epochs=1)
        return PnbaSettings(self.covariate, sizes, free_dropout=self.free_dropout, fit=loop)


class PnbaModel:
    """Learns PNBA, then reads sessions."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.needs: Needs = "nothing" if settings.transfer == "zero_shot" else "unlabelled"
        self._network: Pnba | None = None
        self._sessions: dict[str, Session] = {}
        self._reference = torch.empty(0)
        self._seed = 0

    @property
    def network(self) -> Pnba:
        """The trained network.

        Raises
        ------
        ModelError
            If nothing was learned yet.
        """
        if self._network is None:
            raise ModelError("pnba: nothing was learned yet: call fit first")
        return self._network

    def fit(self, sessions: Sequence[TrialSet], seed: int, progress: Progress) -> None:
        """Learn; see :class:`models.spikes.latent_model.LatentModel`."""
        network, _ = learn(sessions, self._settings.learning(), seed, progress=progress)
        self.adopt(network, sessions, seed)

    def adopt(self, network: Pnba, sessions: Sequence[TrialSet], seed: int) -> None:
        """Take a network that was trained on these sessions."""
        self._network, self._seed = network, seed
        self._sessions = {session_name(t.units): self._known(t) for t in sessions}
        means = [network.posterior(t, self._sessions[session_name(t.units)]).mean for t in sessions]
        luck = np.random.default_rng(seed)
        every = torch.cat(means)
        self._reference = every[torch.from_numpy(luck.permutation(len(every))[:N_REFERENCE])]

    def latents(self, trials: TrialSet, calibration: TrialSet | None) -> Latents:
        """Return posterior means; a session without calibration is standardised by the very trials to be read."""
        name = session_name(trials.units)
        if name not in self._sessions:
            known = trials if calibration is None else calibration
            if self._settings.transfer == "few_shot":
                options = FewShot(steps=self._settings.few_shot_steps)
                self._sessions[name] = learn_units(self.network, known, self._reference, options, seed=self._seed)
            elif calibration is None:
                return np.asarray(self.network.posterior(trials, self._known(trials)).mean)
            else:
                self._sessions[name] = self._known(known)
        return np.asarray(self.network.posterior(trials, self._sessions[name]).mean)

    def _known(self, trials: TrialSet) -> Session:
        return Session.of(trials, with_statistics=self._settings.statistics)


def build(settings: Settings) -> PnbaModel:
    """Make the model."""
    return PnbaModel(settings)
