"""Common spatial patterns in one or several bands, and shrinkage LDA."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyriemann.spatialfilters import CSP
from sklearn.feature_selection import mutual_info_classif

from models.linear_heads import shrinkage_lda
from models.rest_features import SHRINKAGE
from models.tangent_space import shrink
from models.window_estimator import Codes, Floats, WindowClassifier
from models.window_features import Bands, band_covariances

N_TAPERS = 3
"""One taper would see little but the middle of a trial."""


class SpatialPatternsClassifier(WindowClassifier):
    """Log power of components whose power differs most between classes.

    Two classes: Ramoser et al. 2000, IEEE Trans. Rehabil. Eng. 8:441. More: joint diagonalisation, components in order
    of mutual information (Grosse-Wentrup & Buss 2008, IEEE Trans. Biomed. Eng. 55:1991). Subclasses have the
    parameters ``bands_hz``, ``n_components`` (in each band) and ``rate_hz``.
    """

    bands_hz: Bands
    n_components: int
    min_windows = 2
    n_features: int | None = None
    """Features kept of all bands, by mutual information with the class; None keeps all."""

    def _learn(self, windows: NDArray[Any], codes: Codes) -> None:
        if self.n_components < 1:
            raise ValueError(f"n_components = {self.n_components}: must be at least 1")
        found = self._covariances(windows)
        n_components = min(self.n_components, self.n_channels_)
        self.patterns_ = [CSP(nfilter=n_components).fit(found[:, band], codes) for band in range(len(self.bands_hz))]
        features = self._project(found)
        self.kept_ = self._select(features, codes)
        self.head_ = shrinkage_lda(len(self.classes_)).fit(features[:, self.kept_], codes)

    def _probabilities(self, windows: NDArray[Any]) -> Floats:
        features = self._project(self._covariances(windows))[:, self.kept_]
        return np.asarray(self.head_.predict_proba(features))

    def _covariances(self, windows: NDArray[Any]) -> Floats:
        found = shrink(band_covariances(windows, self._rate(), self.bands_hz, N_TAPERS), SHRINKAGE)
        # Each trial counts alike, however strong (Ramoser et al. 2000, eq. 1).
        return np.asarray(found / np.trace(found, axis1=-2, axis2=-1)[..., None, None])

    def _project(self, found: Floats) -> Floats:
        return np.hstack([pattern.transform(found[:, band]) for band, pattern in enumerate(self.patterns_)])

    def _select(self, features: Floats, codes: Codes) -> NDArray[np.int64]:
        if self.n_features is None or self.n_features >= features.shape[1]:
            return np.arange(features.shape[1])
        gain = mutual_info_classif(features, codes, n_neighbors=min(3, len(codes) - 1), random_state=self.random_state)
        return np.sort(np.argsort(-gain, kind="stable")[: self.n_features])
