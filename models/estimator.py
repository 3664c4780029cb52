"""What the benchmark asks of a model: a scikit-learn estimator, and one more method if it can adapt to a person.

Windows come as float32 (n_windows, n_channels, n_times), microvolts where the unit is known: the order of scikit-learn,
MOABB, pyriemann and braindecode. An estimator that has a parameter of one of these names gets it from the benchmark:

- ``rate_hz``: sampling rate of the windows;
- ``channels``: their 10-10 names;
- ``random_state``: the seed;
- ``item_features``: for retrieval, what is known of the items, float32 (n_items, n_features), rows in order of labels.

A plug-in of the kind ``estimators`` is a module with ``Settings`` and ``build(settings)``, which returns an unfitted
estimator. Estimators of other packages (any scikit-learn one) are used as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Windows = NDArray[np.float32]
"""(n_windows, n_channels, n_times)."""


class Estimator(Protocol):
    """The part of scikit-learn's interface that is used; classifiers also have ``predict_proba``."""

    def fit(self, X: Windows, y: NDArray[Any]) -> Self:
        """Learn."""
        ...

    def predict(self, X: Windows) -> NDArray[Any]:
        """Return a class or a number for each window."""
        ...

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters."""
        ...

    def set_params(self, **params: Any) -> Self:
        """Set parameters."""
        ...


@runtime_checkable
class PersonAdaptive(Protocol):
    """An estimator that uses what is known of a person: windows of their rest, or labelled windows."""

    def fit_people(self, X: Windows, y: NDArray[Any], people: NDArray[np.str_], rest: Mapping[str, Windows]) -> Self:
        """Learn from people who each have rest.

        Parameters
        ----------
        X, y
            Windows (n_windows, n_channels, n_times) and their labels.
        people
            Who each window is of, (n_windows,).
        rest
            Rest of each of them, (n_rest, n_channels, n_times).
        """
        ...

    def for_person(self, rest: Windows | None, X: Windows | None = None, y: NDArray[Any] | None = None) -> Self:
        """Return a fitted copy adapted to one person by their rest, or by labelled windows; the original is untouched.

        Raises
        ------
        ModelError
            If what is given is not enough.
        """
        ...
