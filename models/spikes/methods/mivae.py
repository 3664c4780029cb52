"""miVAE's shared block as a latent space (arXiv 2412.14536); see :mod:`models.spikes.mivae`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from models.spikes.latent_model import Latents, Needs
from models.spikes.mivae.training import LOOP, MiVaeSettings, NeuralMiVae, learn
from models.spikes.pool import Session
from models.spikes.trial_set import TrialSet
from models.training.fit import FitSettings
from models.training.task import Progress
from pipelines.errors import ModelError
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Sizes and training."""

    covariate: str = Field("velocity", description="Behaviour or stimulus that is learned with.")
    n_shared: int = Field(4, ge=1, description="Latents of the shared block.")
    n_private: int = Field(2, ge=0, description="Latents of the population alone.")
    n_irrelevant: int = Field(2, ge=0, description="Latents of the behaviour or stimulus alone.")
    width: int = Field(32, ge=8, description="Of the encoders.")
    epochs: int = Field(25, ge=1, description="Passes over the training trials.")
    batch_size: int = Field(32, ge=2, description="Trials in a step.")
    learning_rate: float = Field(3e-3, gt=0, description="Highest step size of AdamW.")

    def learning(self) -> MiVaeSettings:
        """Return the settings of the training."""
        sizes = self.model_dump(include={"n_shared", "n_private", "n_irrelevant", "width"})
        loop = FitSettings(
            self.epochs, self.batch_size, self.learning_rate, LOOP.weight_decay, LOOP.warmup_epochs, patience=15
        )
        return MiVaeSettings(self.covariate, sizes, fit=loop)


class MiVaeModel:
    """Learns miVAE, then reads the shared block of any session without fitting."""

    needs: Needs = "nothing"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._network: NeuralMiVae | None = None

    @property
    def network(self) -> NeuralMiVae:
        """The trained network.

        Raises
        ------
        ModelError
            If nothing was learned yet.
        """
        if self._network is None:
            raise ModelError("mivae: nothing was learned yet: call fit first")
        return self._network

    def fit(self, sessions: Sequence[TrialSet], seed: int, progress: Progress) -> None:
        """Learn; see :class:`models.spikes.latent_model.LatentModel`."""
        network, _ = learn(sessions, self._settings.learning(), seed, progress=progress)
        self.adopt(network)

    def adopt(self, network: NeuralMiVae) -> None:
        """Take a trained network."""
        self._network = network

    def latents(self, trials: TrialSet, calibration: TrialSet | None) -> Latents:
        """Return posterior means of the shared block; activity is standardised by the session's own trials."""
        session = Session.of(trials if calibration is None else calibration)
        shared = slice(self.network.architecture.n_shared)
        return np.asarray(self.network.posterior(trials, session).mean[..., shared])


def build(settings: Settings) -> MiVaeModel:
    """Make the model."""
    return MiVaeModel(settings)
