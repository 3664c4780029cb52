"""CSBrain (arXiv 2506.23075) with a small head: from nothing, or from official or own weights. In µV."""

from __future__ import annotations

from pydantic import Field

from models.deep.builders import CSBRAIN
from models.deep.classifier import DeepClassifier
from models.deep.settings import TrainedSettings


class Settings(TrainedSettings):
    """Depth, from what it starts, and how it is trained."""

    n_layers: int = Field(12, ge=1, description="Layers; official weights need 12.")


def build(settings: Settings) -> DeepClassifier:
    """Make the estimator."""
    return settings.classifier(CSBRAIN, n_layers=settings.n_layers)
