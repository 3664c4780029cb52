"""Probabilities of a fine-tuned network, fitted on people it was not trained on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.calibration import LogisticCalibration, TemperatureCalibration
from pipelines.errors import ModelError

Floats = NDArray[np.float64]
Calibrate = Callable[[Floats], Floats]


def calibrated(said: Floats, truth: NDArray[Any], task: str) -> tuple[Calibrate, dict[str, float]]:
    """Return what makes probabilities of scores, and the card's table of it.

    Parameters
    ----------
    said, truth
        Scores (n_windows, n_classes) of people set aside, and their classes (n_windows,). Values stay as they are.
    task
        ``classification`` or ``regression``.
    """
    if task == "regression":
        return lambda values: values, {}
    if said.shape[1] != 2:
        temperature = TemperatureCalibration.fit(said, truth)
        return temperature.apply, temperature.to_dict()
    logistic, table = LogisticCalibration(), {}
    try:
        logistic = LogisticCalibration.fit(said[:, 1] - said[:, 0], truth)
        table = logistic.to_dict()
    except ModelError:
        pass  # the caller says so: nothing can be fitted where higher scores do not go with the second class

    def apply(scores: Floats) -> Floats:
        second = logistic.apply(scores[:, 1] - scores[:, 0])
        return np.column_stack([1.0 - second, second])

    return apply, table
