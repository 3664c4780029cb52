"""Behaviour straight from the set encoder by least squares, without latents: what PNBA must be compared with."""

from __future__ import annotations

from pydantic import Field

from models.spikes.baselines.set_models import FIT, SetModel, SetReader
from models.training.fit import FitSettings
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """What is read, and how it is trained."""

    covariate: str = Field("velocity", description="Behaviour that is read.")
    fit: FitSettings = Field(FIT, description="Of the training loop.")


def build(settings: Settings) -> SetModel:
    """Make the model; nothing is learned yet."""
    return SetModel(settings.covariate, SetReader, settings.fit)
