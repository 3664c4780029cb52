"""Time stamps of one block: shifted, compared with an even grid."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def shift_stamps(
    stamps: NDArray[np.float64], shift: float, rate_hz: float, times: NDArray[np.float64]
) -> tuple[float, float, bool]:
    """Write ``stamps + shift`` to ``times``; return how they lie to a grid and whether they never step back.

    Parameters
    ----------
    stamps, times
        Shape (n_samples,), at least one.

    Returns
    -------
    tuple
        Highest and lowest of ``times[i] - i / rate_hz``, NaN if one of them is NaN; whether times never decrease.
    """
    highest, lowest, before = -np.inf, np.inf, -np.inf
    numbers = ordered = True
    for i in range(stamps.shape[0]):
        time = times[i] = stamps[i] + shift
        ahead = time - i / rate_hz
        highest, lowest = max(highest, ahead), min(lowest, ahead)
        numbers &= ahead == ahead
        ordered &= before <= time
        before = time
    return (highest, lowest, ordered) if numbers else (np.nan, np.nan, False)
