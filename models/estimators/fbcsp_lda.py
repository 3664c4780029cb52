"""Filter-bank common spatial patterns and shrinkage LDA. In µV, or any one unit throughout.

Ang et al. 2008, IJCNN, p. 2390: patterns in nine bands, features chosen by mutual information with the class.
"""

from __future__ import annotations

from pydantic import Field

from models.spatial_patterns import SpatialPatternsClassifier
from models.window_features import Bands
from pipelines.plugins import PluginSettings

BANDS_HZ: Bands = tuple((float(low), float(low + 4)) for low in range(4, 40, 4))


class Settings(PluginSettings):
    """Bands, components and features."""

    bands_hz: Bands = Field(BANDS_HZ, min_length=1, description="Band edges (Hz), low included, high excluded.")
    n_components: int = Field(4, ge=1, description="Spatial filters in each band.")
    n_features: int = Field(8, ge=1, description="Features kept of all bands.")


class FbcspLda(SpatialPatternsClassifier):
    """See the module."""

    def __init__(
        self,
        bands_hz: Bands = BANDS_HZ,
        n_components: int = 4,
        n_features: int = 8,
        rate_hz: float | None = None,
        random_state: int | None = None,
    ) -> None:
        self.bands_hz = bands_hz
        self.n_components = n_components
        self.n_features = n_features
        self.rate_hz = rate_hz
        self.random_state = random_state


def build(settings: Settings) -> FbcspLda:
    """Make the estimator."""
    return FbcspLda(settings.bands_hz, settings.n_components, settings.n_features)
