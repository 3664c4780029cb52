"""Whether an attribution points at what is known to matter."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from pipelines.errors import ModelError


def attribution_auroc(score: NDArray[np.floating[Any]], relevant: NDArray[np.bool_]) -> float:
    """Return the probability that a relevant unit scores higher than one that is not; chance is 0.5.

    Parameters
    ----------
    score
        (n_units,), higher means more important.
    relevant
        (n_units,), what was planted.

    Raises
    ------
    ModelError
        If all units are relevant or none is.
    """
    if relevant.all() or not relevant.any():
        raise ModelError("attribution: some units must be relevant and some not")
    return float(roc_auc_score(relevant, score))
