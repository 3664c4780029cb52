"""Log band power and ridge regression: the floor for regression. In µV, or any one unit throughout."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models.window_estimator import Floats, WindowRegressor
from models.window_features import FIVE_BANDS_HZ, Bands, log_band_density
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Bands and penalty."""

    bands_hz: Bands = Field(FIVE_BANDS_HZ, min_length=1, description="Band edges (Hz), low included, high excluded.")
    alpha: float = Field(100.0, gt=0, description="Strength of the ridge penalty on standardised features.")


class BandPowerRidge(WindowRegressor):
    """See the module."""

    def __init__(self, bands_hz: Bands = FIVE_BANDS_HZ, alpha: float = 100.0, rate_hz: float | None = None) -> None:
        self.bands_hz = bands_hz
        self.alpha = alpha
        self.rate_hz = rate_hz

    def _learn(self, windows: NDArray[Any], values: Floats) -> None:
        features = log_band_density(windows, self._rate(), self.bands_hz)
        self.head_ = make_pipeline(StandardScaler(), Ridge(alpha=self.alpha)).fit(features, values)

    def _values(self, windows: NDArray[Any]) -> Floats:
        return np.asarray(self.head_.predict(log_band_density(windows, self._rate(), self.bands_hz)))


def build(settings: Settings) -> BandPowerRidge:
    """Make the estimator."""
    return BandPowerRidge(settings.bands_hz, settings.alpha)
