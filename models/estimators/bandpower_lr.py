"""Log band power and logistic regression: the floor that every model has to beat. In µV, or any one unit throughout.

One recipe, fixed in advance: Welch with segments of 2 s, mean density in five bands, ``log(p + 1e-9)``, standardised,
C = 0.01, balanced classes. By rest: distance from the mean of the person's rest in (spread + 0.15).
"""

from __future__ import annotations

from pydantic import Field
from sklearn.pipeline import Pipeline

from models.linear_heads import logistic
from models.rest_relative import BandPowerClassifier
from models.window_features import FIVE_BANDS_HZ, Bands
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Bands and penalty."""

    bands_hz: Bands = Field(FIVE_BANDS_HZ, min_length=1, description="Band edges (Hz), low included, high excluded.")
    C: float = Field(0.01, gt=0, description="Inverse strength of the ridge penalty.")


class BandPowerLr(BandPowerClassifier):
    """See the module."""

    def __init__(self, bands_hz: Bands = FIVE_BANDS_HZ, C: float = 0.01, rate_hz: float | None = None) -> None:
        self.bands_hz = bands_hz
        self.C = C
        self.rate_hz = rate_hz

    def _head(self) -> Pipeline:
        return logistic(self.C)


def build(settings: Settings) -> BandPowerLr:
    """Make the estimator."""
    return BandPowerLr(settings.bands_hz, settings.C)
