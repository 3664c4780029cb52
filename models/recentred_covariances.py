"""Covariances, re-centred on a person's rest where there is rest."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.rest_relative import RestRelativeClassifier
from models.tangent_space import inverse_root, riemann_mean
from models.window_estimator import Floats
from models.window_features import covariances

Alignment = Literal["riemann", "euclid"]


class RecentredClassifier(RestRelativeClassifier):
    """Works on covariances ``W C W``, with W the inverse root of the mean of rest.

    The mean is the affine-invariant one (Zanini et al. 2018, IEEE Trans. Biomed. Eng. 65:1107) or the arithmetic one,
    which on covariances is Euclidean alignment (He & Wu 2020, IEEE Trans. Biomed. Eng. 67:399). Subclasses have the
    parameters ``alignment``, ``band_hz`` and ``rate_hz``.
    """

    alignment: Alignment
    band_hz: tuple[float, float] | None
    rate_hz: float | None

    def _measure(self, windows: NDArray[Any]) -> Floats:
        # The covariance of a window as it is needs no rate.
        return covariances(windows, 0.0 if self.band_hz is None else self._rate(), self.band_hz)

    def _reference(self, measured: Floats) -> Floats:
        if self.alignment not in ("riemann", "euclid"):
            raise ValueError(f"alignment = {self.alignment!r}: must be 'riemann' or 'euclid'")
        return inverse_root(riemann_mean(measured) if self.alignment == "riemann" else measured.mean(axis=0))

    def _relative(self, measured: Floats, reference: Floats | None) -> Floats:
        if reference is None:
            return measured
        centred = reference @ measured @ reference
        # Rounding must not make matrices that are symmetric in theory fail a check of symmetry.
        return np.asarray(0.5 * (centred + centred.swapaxes(1, 2)))
