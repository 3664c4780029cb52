"""Tangent-space covariances and log band power relative to the person's rest, with a linear decision."""

from __future__ import annotations

from pydantic import Field

from models.rest_decoder import Bands, RestDecoder, from_checkpoint
from pipelines.plugins import PluginSettings

BANDS_HZ: Bands = ((2, 4), (4, 6), (6, 8), (8, 10), (10, 13), (13, 20), (20, 30), (30, 40))
N_TAPERS = 3


class Settings(PluginSettings):
    """Bands and tapers belong to the weights: they come from the checkpoint's card."""

    checkpoint: str = Field("", description="Folder with weights and card.")
    bands_hz: Bands = Field(BANDS_HZ, min_length=1, description="Band edges (Hz), low included, high excluded.")
    n_tapers: int = Field(N_TAPERS, ge=1, le=16, description="Tapers averaged in each spectrum.")


def build(settings: Settings) -> RestDecoder:
    """Load the weights."""
    return from_checkpoint(settings.checkpoint, settings.bands_hz, settings.n_tapers, tangent=True, kind="riemann")
