"""Minimum distance to the Riemannian mean of each class. In µV, or any one unit throughout.

Barachant et al. 2012, IEEE Trans. Biomed. Eng. 59:920.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field
from pyriemann.classification import MDM

from models.recentred_covariances import Alignment, RecentredClassifier
from models.rest_relative import People
from models.window_estimator import Codes, Floats
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Alignment and band."""

    alignment: Alignment = Field("riemann", description="Mean of rest: riemann, or euclid (Euclidean alignment).")
    band_hz: tuple[float, float] | None = Field(None, description="One band (Hz); none takes windows as they are.")


class RiemannMdm(RecentredClassifier):
    """See the module."""

    def __init__(
        self,
        alignment: Alignment = "riemann",
        band_hz: tuple[float, float] | None = None,
        rate_hz: float | None = None,
    ) -> None:
        self.alignment = alignment
        self.band_hz = band_hz
        self.rate_hz = rate_hz

    def _learn_relative(self, features: Floats, codes: Codes, people: People) -> None:
        self.head_ = MDM(metric="riemann").fit(features, codes)

    def _answer(self, features: Floats) -> Floats:
        return np.asarray(self.head_.predict_proba(features))


def build(settings: Settings) -> RiemannMdm:
    """Make the estimator."""
    return RiemannMdm(settings.alignment, settings.band_hz)
