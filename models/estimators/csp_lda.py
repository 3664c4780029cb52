"""Common spatial patterns and shrinkage LDA, any number of classes. In µV, or any one unit throughout."""

from __future__ import annotations

from pydantic import Field

from models.spatial_patterns import SpatialPatternsClassifier
from models.window_features import Bands
from pipelines.plugins import PluginSettings

BANDS_HZ: Bands = ((8.0, 30.0),)


class Settings(PluginSettings):
    """Bands and components."""

    bands_hz: Bands = Field(BANDS_HZ, min_length=1, description="Band edges (Hz), low included, high excluded.")
    n_components: int = Field(6, ge=1, description="Spatial filters in each band.")


class CspLda(SpatialPatternsClassifier):
    """See the module."""

    def __init__(self, bands_hz: Bands = BANDS_HZ, n_components: int = 6, rate_hz: float | None = None) -> None:
        self.bands_hz = bands_hz
        self.n_components = n_components
        self.rate_hz = rate_hz


def build(settings: Settings) -> CspLda:
    """Make the estimator."""
    return CspLda(settings.bands_hz, settings.n_components)
