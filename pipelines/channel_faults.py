"""What is wrong with a channel, judged on a block of samples: the measures that stages and the quality meter share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MIN_COMPARED = 4
"""Fewer channels than this are not compared with one another, nor interpolated."""

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def is_flat(block: Floats, flat_uv: float) -> Mask:
    """Return which channels (n_samples, n_channels) move less than ``flat_uv`` from peak to peak."""
    return np.asarray(np.ptp(block, axis=0) < flat_uv)


def is_railed(block: Floats, rail_uv: float) -> Mask:
    """Return which channels reach ``rail_uv`` in either direction."""
    return np.asarray(np.abs(block).max(axis=0) >= rail_uv)


def is_noisy(deviation: Floats, compared: Mask, ratio: float, floor_uv: float) -> Mask:
    """Return which standard deviations (n_channels,) lie above ``ratio`` medians of the compared and ``floor_uv``."""
    return np.asarray((deviation > ratio * np.median(deviation[compared])) & (deviation > floor_uv))


def strongest_correlation(block: Floats, deviation: Floats) -> Floats:
    """Return for each channel the largest absolute correlation with any other (n_channels,)."""
    centred = (block - block.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    correlation = np.abs(centred.T @ centred) / len(block)
    np.fill_diagonal(correlation, 0.0)
    return np.asarray(correlation.max(axis=0))
