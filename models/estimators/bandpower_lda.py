"""Log band power and shrinkage LDA with equal priors. In µV, or any one unit throughout.

Features and adaptation by rest are those of ``bandpower_lr``.
"""

from __future__ import annotations

from pydantic import Field
from sklearn.pipeline import Pipeline

from models.linear_heads import shrinkage_lda
from models.rest_relative import BandPowerClassifier
from models.window_features import FIVE_BANDS_HZ, Bands
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Bands."""

    bands_hz: Bands = Field(FIVE_BANDS_HZ, min_length=1, description="Band edges (Hz), low included, high excluded.")


class BandPowerLda(BandPowerClassifier):
    """See the module."""

    min_windows = 2

    def __init__(self, bands_hz: Bands = FIVE_BANDS_HZ, rate_hz: float | None = None) -> None:
        self.bands_hz = bands_hz
        self.rate_hz = rate_hz

    def _head(self) -> Pipeline:
        return shrinkage_lda(len(self.classes_))


def build(settings: Settings) -> BandPowerLda:
    """Make the estimator."""
    return BandPowerLda(settings.bands_hz)
