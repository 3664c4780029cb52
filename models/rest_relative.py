"""Classifiers whose features may be taken relative to a person's rest (:class:`models.estimator.PersonAdaptive`)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from copy import copy
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from models.rest_decoder import MIN_REST_WINDOWS
from models.rest_features import SPREAD_FLOOR
from models.window_estimator import Codes, Floats, WindowClassifier
from models.window_features import Bands, log_band_density
from pipelines.errors import ModelError

People = NDArray[np.int64]


class RestRelativeClassifier(WindowClassifier):
    """Fitted by ``fit`` it uses windows as they are; by ``fit_people``, relative to the rest of whom they are of.

    A subclass measures windows, makes a reference of measured rest, sets measured windows against a reference (None:
    there is none), and learns. Labelled windows of a person join those of training.
    """

    def fit_people(self, X: Any, y: Any, people: Any, rest: Mapping[str, Any]) -> Self:
        """Learn from people who each have rest; then :meth:`for_person` must be called before predictions.

        Parameters
        ----------
        X, y
            Windows (n_windows, n_channels, n_times) and their classes.
        people
            Who each window is of, (n_windows,).
        rest
            Rest of each of them, (n_rest, n_channels, n_times).

        Raises
        ------
        ModelError
            If somebody's rest is missing or too short.
        ValueError
            As in ``fit``.
        """
        windows, codes = self._labelled(X, y)
        names, numbers = np.unique(np.asarray(people), return_inverse=True)
        if len(numbers) != len(windows):
            raise ValueError(f"people names {len(numbers)} windows, X has {len(windows)}")
        missing = [str(name) for name in names if name not in rest]
        if missing:
            raise ModelError(f"{type(self).__name__}: no rest of {', '.join(missing)}")
        parts: list[Floats] = []
        for number, name in enumerate(names):
            reference = self._reference_of(rest[name], f"rest of {name}")
            parts.append(self._relative(self._measure(windows[numbers == number]), reference))
        features = np.empty((len(windows), *parts[0].shape[1:]))
        for number, part in enumerate(parts):
            features[numbers == number] = part
        self.relative_, self.reference_ = True, None
        self._keep(features, codes, numbers.astype(np.int64))
        return self

    def for_person(self, rest: Any, X: Any = None, y: Any = None) -> Self:
        """Return a fitted copy for one person.

        Parameters
        ----------
        rest
            Windows of their rest, (n_rest, n_channels, n_times); needed after ``fit_people``, refused after ``fit``.
        X, y
            Labelled windows of theirs; the copy has learnt from them too.

        Raises
        ------
        ModelError
            If rest is missing, too short or of no use, or a label is unknown.
        NotFittedError
            Before ``fit`` or ``fit_people``.
        """
        check_is_fitted(self)
        name = type(self).__name__
        if (rest is None and X is None) or (X is None) != (y is None):
            raise ModelError(f"{name}: for_person needs windows of rest, or labelled windows X with their labels y")
        if self.relative_ != (rest is not None):
            needed = "needs the person's rest" if self.relative_ else "knows no rest: fit it by fit_people"
            raise ModelError(f"{name}: {needed}")
        adapted = copy(self)
        if rest is not None:
            adapted.reference_ = self._reference_of(rest, "rest")
        if X is not None:
            adapted._join(X, y)
        return adapted

    def _learn(self, windows: NDArray[Any], codes: Codes) -> None:
        measured = self._measure(windows)
        self.relative_, self.reference_ = False, self._common_reference(measured)
        # Without names, all windows count as one person's.
        self._keep(self._relative(measured, self.reference_), codes, np.zeros(len(codes), np.int64))

    def _probabilities(self, windows: NDArray[Any]) -> Floats:
        if self.relative_ and self.reference_ is None:
            raise ModelError(f"{type(self).__name__}: fitted relative to rest: call for_person with this person's rest")
        return self._answer(self._relative(self._measure(windows), self.reference_))

    def _keep(self, features: Floats, codes: Codes, people: People) -> None:
        self.training_ = (features, codes, people)
        self._learn_relative(features, codes, people)

    def _join(self, X: Any, y: Any) -> None:
        features, codes, people = self.training_
        unknown = sorted(set(np.asarray(y).tolist()) - set(self.classes_.tolist()))
        if unknown:
            raise ModelError(f"{type(self).__name__}: unknown labels {unknown}; known are {self.classes_.tolist()}")
        more = self._relative(self._measure(self._more_windows(X)), self.reference_)
        if len(more) != len(y):
            raise ModelError(f"{type(self).__name__}: {len(more)} labelled windows, but {len(y)} labels")
        newcomer = np.full(len(more), people.max() + 1)
        self._keep(
            np.concatenate([features, more]),
            np.concatenate([codes, np.searchsorted(self.classes_, y)]),
            np.concatenate([people, newcomer]),
        )

    def _reference_of(self, rest: Any, what: str) -> Any:
        windows = self._windows(rest)
        if len(windows) < MIN_REST_WINDOWS:
            raise ModelError(
                f"{type(self).__name__}: {what}: needs at least {MIN_REST_WINDOWS} windows, got {len(windows)}"
            )
        if windows.shape[1:] != (self.n_channels_, self.n_times_):
            raise ModelError(
                f"{type(self).__name__}: {what}: windows are {windows.shape[1:]}, those of training "
                f"{(self.n_channels_, self.n_times_)} (n_channels, n_times)"
            )
        return self._reference(self._measure(windows))

    def _common_reference(self, measured: Floats) -> Any:
        """Return what stands in for a person's rest after ``fit``."""
        return None

    @abstractmethod
    def _measure(self, windows: NDArray[Any]) -> Floats: ...

    @abstractmethod
    def _reference(self, measured: Floats) -> Any: ...

    @abstractmethod
    def _relative(self, measured: Floats, reference: Any) -> Floats: ...

    @abstractmethod
    def _learn_relative(self, features: Floats, codes: Codes, people: People) -> None: ...

    @abstractmethod
    def _answer(self, features: Floats) -> Floats: ...


class BandPowerClassifier(RestRelativeClassifier):
    """Log band power, and a linear decision on it; by rest, in spreads from its mean.

    Subclasses have the parameters ``rate_hz`` and ``bands_hz``.
    """

    bands_hz: Bands

    @abstractmethod
    def _head(self) -> Any:
        """Return an unfitted classifier of features."""

    def _measure(self, windows: NDArray[Any]) -> Floats:
        return log_band_density(windows, self._rate(), self.bands_hz)

    def _reference(self, measured: Floats) -> tuple[Floats, Floats]:
        return measured.mean(axis=0), measured.std(axis=0) + SPREAD_FLOOR

    def _relative(self, measured: Floats, reference: tuple[Floats, Floats] | None) -> Floats:
        return measured if reference is None else (measured - reference[0]) / reference[1]

    def _learn_relative(self, features: Floats, codes: Codes, people: People) -> None:
        self.head_ = self._head().fit(features, codes)

    def _answer(self, features: Floats) -> Floats:
        return np.asarray(self.head_.predict_proba(features))
