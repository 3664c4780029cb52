"""Correlation across units inside one trial: reported because the literature does, and inflated.

The units' own means make up most of it, so that a constant comes near every model (on the Natural Scenes Dataset .70
against .71). :func:`excess` is what is left after them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.metrics.voxelwise import correlation

Floats = NDArray[np.floating[Any]]
CAUTION = "inflated by the static pattern"
"""Stands beside every number of :func:`pattern_correlation`."""


def pattern_correlation(truth: Floats, predicted: Floats) -> NDArray[np.float64]:
    """Return each trial's correlation across units (n_trials,) of two (n_trials, n_units). Inflated: see above."""
    return correlation(truth.T, predicted.T)


def excess(truth: Floats, predicted: Floats, train_mean: Floats) -> NDArray[np.float64]:
    """Return :func:`pattern_correlation` after each unit's training mean (n_units,) is taken from both."""
    return pattern_correlation(truth - train_mean, predicted - train_mean)
