"""An estimator that was trained on a person's own calibration run (``bci-app adapt``)."""

from __future__ import annotations

from pydantic import Field

from models.estimator_checkpoint import TrainedDecoder, load_estimator
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """All else belongs to the weights: it comes from the checkpoint's card."""

    checkpoint: str = Field("", description="Folder with weights and card.")


def build(settings: Settings) -> TrainedDecoder:
    """Load what was learnt."""
    return load_estimator(settings.checkpoint)
