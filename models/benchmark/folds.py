"""One fold: which windows teach, which choose, which adapt, which judge."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
"""Row numbers of a table of windows."""


def no_rows() -> Rows:
    """Return no rows."""
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows of a :class:`~models.benchmark.windows.Prepared` table; no row stands on two sides.

    Parameters
    ----------
    name
        What is left out, for example ``"subject 05"``.
    train
        For fitting.
    validation
        For early stopping and choices; empty where the setting has none. Its labels count in a label budget.
    test
        For judging, once.
    rest
        Windows of rest that adaptation may use, of training and test people alike; they have no label.
    labelled
        Labelled windows of the test people that adaptation may use.
    validation_may_teach
        Whether an estimator that makes no use of validation learns from these windows too. Not where a published
        protocol says which windows teach.
    transductive
        Whether ``rest`` are the very windows of the other sides, without their labels.
    """

    name: str
    train: Rows
    test: Rows
    validation: Rows = field(default_factory=no_rows)
    rest: Rows = field(default_factory=no_rows)
    labelled: Rows = field(default_factory=no_rows)
    validation_may_teach: bool = True
    transductive: bool = False
