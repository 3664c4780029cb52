"""A VAE of counts on the set encoder, which never sees behaviour; ``conditional`` makes it a pi-VAE of conditions."""

from __future__ import annotations

from pydantic import Field

from models.spikes.baselines.set_models import FIT, SetModel, SetVae
from models.spikes.pool import Pool
from models.training.fit import FitSettings
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Size, prior, and how it is trained."""

    covariate: str = Field("velocity", description="Behaviour that sessions have; it is not looked at.")
    n_latents: int = Field(4, ge=1, description="Latents.")
    conditional: bool = Field(default=False, description="Prior of latents from condition and bin.")
    fit: FitSettings = Field(FIT, description="Of the training loop.")


def build(settings: Settings) -> SetModel:
    """Make the model; nothing is learned yet."""

    def make(pool: Pool) -> SetVae:
        return SetVae(pool, settings.n_latents, conditional=settings.conditional)

    return SetModel(settings.covariate, make, settings.fit)
