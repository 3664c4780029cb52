"""The mean rate of all units and nothing else: what any two populations share. What does not beat it says nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.spikes.latent_model import Latents, Needs
from models.spikes.trial_set import TrialSet
from models.training.task import Progress
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """There are none."""


class GlobalRate:
    """One latent: the global rate, standardised by session."""

    needs: Needs = "unlabelled"

    def fit(self, sessions: Sequence[TrialSet], seed: int, progress: Progress) -> None:
        """Nothing is learned."""

    def latents(self, trials: TrialSet, calibration: TrialSet | None) -> Latents:
        """Return the rate, (n_trials, n_bins, 1)."""
        known = (calibration or trials).global_rate
        return np.asarray((trials.global_rate - known.mean()) / max(float(known.std()), 1e-9))[..., None]


def build(settings: Settings) -> GlobalRate:
    """Make the model."""
    return GlobalRate()
