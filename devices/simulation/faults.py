"""Faults of electrodes and amplifiers, put into a simulated signal on purpose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RAIL_UV = 187_500.0
"""Where an ADS1299 amplifier at gain 24 saturates (4.5 V / 24)."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong, in sample indices and columns.

    Parameters
    ----------
    flat, railed
        Columns of electrodes without signal, and of saturated amplifiers.
    flat_from, railed_from
        First sample of each.
    nan_from, nan_until
        Samples of which all channels are NaN; empty where equal.
    lost_from, lost_until
        Samples that never arrive; empty where equal.
    """

    flat: tuple[int, ...] = ()
    flat_from: int = 0
    railed: tuple[int, ...] = ()
    railed_from: int = 0
    nan_from: int = 0
    nan_until: int = 0
    lost_from: int = 0
    lost_until: int = 0

    def spoil(self, samples: NDArray[np.float64], first_index: int) -> None:
        """Change samples (n, n_channels) in place; losing samples is left to the source."""
        if self.flat:
            samples[max(self.flat_from - first_index, 0) :, self.flat] = 0.0
        if self.railed:
            samples[max(self.railed_from - first_index, 0) :, self.railed] = RAIL_UV
        samples[max(self.nan_from - first_index, 0) : max(self.nan_until - first_index, 0)] = np.nan
