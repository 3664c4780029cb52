"""Alignment of windows to a person: whitened by the covariance of their rest, once or as it drifts.

The mean of covariances is the arithmetic one (Euclidean alignment, He & Wu 2020, IEEE Trans. Biomed. Eng. 67:399) or
the affine-invariant one (Zanini et al. 2018, IEEE Trans. Biomed. Eng. 65:1107). No labels are needed.
"""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from models.tangent_space import inverse_root, riemann_mean, shrink
from models.window_features import oas_covariances

Alignment = Literal["none", "euclid", "riemann"]
Floats = NDArray[np.float64]
SHRINKAGE = 0.1
"""Share of the identity in the reference: cleaned recordings lack directions, which must not be blown up."""
LEVEL_UV = 20.0
"""Standard deviation of aligned rest on every channel (µV): an ordinary one, so that the scale of networks stays."""
MIN_WINDOWS = 3


class RestAlignment:
    """One person's reference.

    Parameters
    ----------
    kind
        ``euclid`` or ``riemann``.
    reference
        Mean covariance (n_channels, n_channels), µV².
    """

    def __init__(self, kind: Alignment, reference: Floats) -> None:
        self.kind, self._reference = kind, reference
        self._matrix = LEVEL_UV * inverse_root(shrink(reference, SHRINKAGE))

    @classmethod
    def of(cls, kind: Alignment, rest: NDArray[np.floating]) -> Self:
        """Make the reference of windows of rest (n_windows, n_channels, n_times), µV."""
        found = oas_covariances(rest)
        return cls(kind, riemann_mean(found) if kind == "riemann" else found.mean(axis=0))

    def __call__(self, windows: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return windows (..., n_channels, n_times) in which this person's rest is white, LEVEL_UV on each channel."""
        return np.asarray(self._matrix @ windows, dtype=np.float32)

    def moved(self, window: NDArray[np.floating], share: float) -> Self:
        """Return the alignment after one more window (n_channels, n_times), which counts ``share`` from 0 to 1.

        The reference goes that far along the line to the window's covariance, or along the geodesic.
        """
        new = oas_covariances(window[None])[0]
        if self.kind == "euclid":
            return type(self)(self.kind, (1.0 - share) * self._reference + share * new)
        values, vectors = np.linalg.eigh(self._reference)
        root, inverse = ((vectors * np.sqrt(v)) @ vectors.T for v in (values, 1.0 / values))
        values, vectors = np.linalg.eigh(inverse @ new @ inverse)
        step = (vectors * np.maximum(values, 1e-10) ** share) @ vectors.T
        moved = root @ step @ root
        return type(self)(self.kind, 0.5 * (moved + moved.T))
