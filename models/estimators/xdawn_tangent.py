"""Event-related potentials: xDAWN covariances in the tangent space, logistic regression. In µV or any one unit.

Barachant & Congedo 2014, arXiv 1409.0107: covariance of the window together with each class's mean response.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pyriemann.estimation import XdawnCovariances

from models.linear_heads import logistic
from models.tangent_space import inverse_root, riemann_mean, tangent_vectors
from models.window_estimator import Codes, Floats, WindowClassifier
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Filters and penalty."""

    n_components: int = Field(3, ge=1, description="Spatial filters for each class.")
    C: float = Field(0.01, gt=0, description="Inverse strength of the ridge penalty.")


class XdawnTangent(WindowClassifier):
    """See the module."""

    def __init__(self, n_components: int = 3, C: float = 0.01) -> None:
        self.n_components = n_components
        self.C = C

    def _learn(self, windows: NDArray[Any], codes: Codes) -> None:
        n_components = min(self.n_components, self.n_channels_)
        self.covariances_ = XdawnCovariances(nfilter=n_components, estimator="oas", xdawn_estimator="oas")
        found = self.covariances_.fit(windows.astype(np.float64), codes).transform(windows.astype(np.float64))
        self.whitener_ = inverse_root(riemann_mean(found))
        self.head_ = logistic(self.C).fit(self._flat(found), codes)

    def _probabilities(self, windows: NDArray[Any]) -> Floats:
        found = self.covariances_.transform(windows.astype(np.float64))
        return np.asarray(self.head_.predict_proba(self._flat(found)))

    def _flat(self, matrices: Floats) -> Floats:
        return tangent_vectors(matrices[:, None], self.whitener_[None])


def build(settings: Settings) -> XdawnTangent:
    """Make the estimator."""
    return XdawnTangent(settings.n_components, settings.C)
