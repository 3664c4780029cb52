"""Covariances in the tangent space and logistic regression. In µV, or any one unit throughout.

Barachant et al. 2013, Neurocomputing 112:172. The tangent point is the mean of the training windows after any
re-centring, so people who were re-centred share one point.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from models.linear_heads import logistic
from models.recentred_covariances import Alignment, RecentredClassifier
from models.rest_relative import People
from models.tangent_space import inverse_root, riemann_mean, tangent_vectors
from models.window_estimator import Codes, Floats
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Alignment, band and penalty."""

    alignment: Alignment = Field("riemann", description="Mean of rest: riemann, or euclid (Euclidean alignment).")
    band_hz: tuple[float, float] | None = Field(None, description="One band (Hz); none takes windows as they are.")
    C: float = Field(0.001, gt=0, description="Inverse strength of the ridge penalty.")


class RiemannTangent(RecentredClassifier):
    """See the module."""

    def __init__(
        self,
        alignment: Alignment = "riemann",
        band_hz: tuple[float, float] | None = None,
        C: float = 0.001,
        rate_hz: float | None = None,
    ) -> None:
        self.alignment = alignment
        self.band_hz = band_hz
        self.C = C
        self.rate_hz = rate_hz

    def _learn_relative(self, features: Floats, codes: Codes, people: People) -> None:
        self.whitener_ = inverse_root(riemann_mean(features))
        self.head_ = logistic(self.C).fit(self._flat(features), codes)

    def _answer(self, features: Floats) -> Floats:
        return np.asarray(self.head_.predict_proba(self._flat(features)))

    def _flat(self, matrices: Floats) -> Floats:
        return tangent_vectors(matrices[:, None], self.whitener_[None])


def build(settings: Settings) -> RiemannTangent:
    """Make the estimator."""
    return RiemannTangent(settings.alignment, settings.band_hz, settings.C)
