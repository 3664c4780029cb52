"""How activity in the head reaches the electrodes: spatially correlated background, focal maps, linked-ear reference.

A deliberately simple model of volume conduction: the field of a source falls off with the distance between electrodes,
so neighbouring channels are alike and distant ones are not. Everything is measured against the linked ears
(A1 + A2) / 2, as in much clinical EEG, so what reaches the ears appears everywhere with opposite sign.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.montage import positions

EARS = ("A1", "A2")
CORRELATION_LENGTH_CM = 12.0
CORRELATION_POWER = 1.5
EAR_VARIANCE = 0.38
"""What each ear picks up of its own, as a share of a site's variance: the reason why all channels against linked ears
are somewhat alike (EEGMAT: T7 and T8 correlate by 0.3-0.4)."""


class Head:
    """Electrodes of a montage and the maps onto them.

    Parameters
    ----------
    names
        Electrodes of the 10-05 system.

    Raises
    ------
    ChannelMismatch
        Naming the channels that are none.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._xyz_cm = 100.0 * positions([*names, *EARS])

    def background_map(self) -> NDArray[np.float64]:
        """Return the mixing of independent sources into channels, shape (n_channels + 2, n_channels).

        The correlation between sites at distance d before referencing is exp(-(d / 12 cm)^1.5): about 0.8 between
        neighbours of the 10-20 system that are 4 cm apart, 0.2 across the head.
        """
        distance_cm = np.linalg.norm(self._xyz_cm[:, None] - self._xyz_cm[None], axis=2)
        covariance = np.exp(-((distance_cm / CORRELATION_LENGTH_CM) ** CORRELATION_POWER))
        covariance[-len(EARS) :, -len(EARS) :] += EAR_VARIANCE * np.eye(len(EARS))
        # The symmetric root: each source lies at an electrode.
        variances, directions = np.linalg.eigh(covariance)
        root = (directions * np.sqrt(np.maximum(variances, 0.0))) @ directions.T
        return np.ascontiguousarray(self._referenced(root))

    def focal_map(self, centre: str, width_cm: float) -> NDArray[np.float64]:
        """Return weights (n_channels,) of a source under one electrode: exp(-(d / width)^2), minus the ears' share."""
        distance_cm = np.linalg.norm(self._xyz_cm - 100.0 * positions([centre]), axis=1)
        return self._referenced(np.exp(-((distance_cm / width_cm) ** 2)))

    def ear_map(self) -> NDArray[np.float64]:
        """Return weights (n_channels,) of what reaches the ears alone."""
        return -np.ones(len(self.names))

    def _referenced(self, field: NDArray[np.float64]) -> NDArray[np.float64]:
        """Subtract the mean of the two ears, the last two entries of the last axis."""
        referenced: NDArray[np.float64] = field[..., :-2] - field[..., -2:].mean(axis=-1, keepdims=True)
        return referenced
