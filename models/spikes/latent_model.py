"""The :class:`LatentModel` protocol: anything that puts populations of several animals into one latent space.

A plug-in of the group ``latent_models``: ``Settings`` and ``build(settings)``. What an unseen session gives away is
stripped by whoever judges (:func:`seen`), not left to the model's honour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from models.spikes.trial_set import TrialSet
from models.training.task import Progress

Needs = Literal["nothing", "unlabelled", "conditions"]
"""What of an unseen session a model is given beforehand: nothing but the trials to be read, trials without labels, or
trials with the names of their conditions."""
Latents = NDArray[np.floating[Any]]


class LatentModel(Protocol):
    """Learns one latent space from sessions, then reads others in it."""

    needs: Needs

    def fit(self, sessions: Sequence[TrialSet], seed: int, progress: Progress) -> None:
        """Learn from sessions with labels and covariates.

        Raises
        ------
        Stopped
            If it was asked to end early.
        ModelError
            If they cannot be learned from.
        """
        ...

    def latents(self, trials: TrialSet, calibration: TrialSet | None) -> Latents:
        """Return latents (n_trials, n_bins, n_latents) of trials without labels.

        Parameters
        ----------
        trials
            Of a session that was learned from, or of another one.
        calibration
            Trials of the same session, stripped to what ``needs`` says; None where it needs nothing, or where the
            session was learned from.
        """
        ...


def seen(trials: TrialSet, needs: Needs) -> TrialSet | None:
    """Strip trials of an unseen session to what a model may know of them."""
    if needs == "nothing":
        return None
    bare = trials.unlabelled()
    return replace(bare, labels=trials.labels) if needs == "conditions" else bare
