"""What a model said of the windows that judged it; kept whole, so that any figure can be made of it later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["probability", "choice", "item", "value"]
"""Probabilities of classes · one-hot choices of a model that knows no probabilities · scores of items · numbers."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """The outcome of one job.

    Parameters
    ----------
    key
        Of the job.
    kind
        What ``said`` holds.
    labels
        Names that classes or items count in; of items only those that the test shows, which compete.
    rows
        Rows of the table of prepared windows, (n_windows,).
    people
        Whose each window is, (n_windows,).
    truth
        Class or item numbers (int64), or values (float64), (n_windows,).
    said
        By name of the perturbation, ``clean`` among them: float64 (n_windows, n_classes), or (n_windows,) values.
    n_train
        Windows that were learned from, validation included.
    fit_s
        Time to learn from others (s), adaptation to all test people included.
    latency_ms
        Median time of one decision on one window (ms).
    calibration_s
        Signal used for adaptation (s), averaged over the test people.
    """

    key: str
    kind: Kind
    labels: tuple[str, ...]
    rows: NDArray[np.int64]
    people: NDArray[np.str_]
    truth: NDArray[Any]
    said: Mapping[str, NDArray[np.float64]]
    n_train: int
    fit_s: float
    latency_ms: float
    calibration_s: float
