"""Networks of braindecode: EEGNet, EEGConformer, ATCNet, ShallowFBCSPNet, BIOT, LaBraM, CBraMod, EEGPT.

The first four are small and trained from nothing. The others are foundation models: with the user's own file of
published weights they are adapted fully, linearly or by low-rank adapters; without weights only ``scratch`` is offered.
In µV: each network is given the scale it was made for.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.deep.braindecode_networks import networks
from models.deep.classifier import DeepClassifier
from models.deep.settings import TrainedSettings

networks()  # a missing braindecode is said when the plug-in is loaded, not in the middle of a run
Name = Literal["EEGNet", "EEGConformer", "ATCNet", "ShallowFBCSPNet", "BIOT", "Labram", "CBraMod", "EEGPT"]


class Settings(TrainedSettings):
    """Which network, from what, and how it is trained."""

    network: Name = Field("EEGNet", description="Class in braindecode.models.")


def build(settings: Settings) -> DeepClassifier:
    """Make the estimator."""
    return settings.classifier(settings.network)
