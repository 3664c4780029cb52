"""Tangent-space covariances and log band power relative to the person's rest, with a linear decision."""

from __future__ import annotations

from pydantic import Field

from models.rest_decoder import Bands, RestDecoder, from_checkpoint
from pipelines.plugins import PluginSettings

BANDS_HZ: Bands = ((1, 4), (4, 8), (8, 10), (10, 13), (13, 20), (20, 30), (30, 45))


class Settings(PluginSettings):
    """Both settings belong to the weights: they come from the checkpoint's card."""

    checkpoint: str = Field("", description="Folder with weights and card.")
    bands_hz: Bands = Field(BANDS_HZ, min_length=1, description="Band edges (Hz), low included, high excluded.")


def build(settings: Settings) -> RestDecoder:
    """Load the weights."""
    return from_checkpoint(settings.checkpoint, settings.bands_hz, tangent=True, kind="riemann")
