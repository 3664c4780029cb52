"""What estimators on windows have in common: the checks of scikit-learn, for input of three dimensions.

Bad windows and labels raise :class:`ValueError`, an unfitted estimator ``NotFittedError``: what scikit-learn, MOABB and
their users expect. Only what those do not know (a person's rest) raises errors of ours.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_consistent_length, check_is_fitted, column_or_1d

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


class WindowEstimator(BaseEstimator):
    """Takes windows (n_windows, n_channels, n_times); remembers the shape of one window."""

    def __sklearn_tags__(self) -> Any:
        """Say that input has three dimensions and that labels are needed."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags

    def _first_windows(self, X: Any) -> NDArray[Any]:
        """Check windows to learn from."""
        windows = self._windows(X)
        self.n_channels_, self.n_times_ = windows.shape[1:]
        return windows

    def _more_windows(self, X: Any) -> NDArray[Any]:
        """Check windows after fitting.

        Raises
        ------
        NotFittedError
            Before ``fit``.
        ValueError
            If a value is not finite or the shape is not that of training.
        """
        check_is_fitted(self)
        windows = self._windows(X)
        if windows.shape[1:] != (self.n_channels_, self.n_times_):
            raise ValueError(
                f"{type(self).__name__} was fitted on windows of {self.n_channels_} channels and {self.n_times_} "
                f"samples, got {windows.shape[1]} channels and {windows.shape[2]} samples"
            )
        return windows

    def _windows(self, X: Any) -> NDArray[Any]:
        windows = check_array(X, allow_nd=True, dtype=[np.float32, np.float64], estimator=self, input_name="X")
        if windows.ndim != 3 or 0 in windows.shape:
            raise ValueError(
                f"{type(self).__name__} takes windows (n_windows, n_channels, n_times), got an array of {windows.shape}"
            )
        return np.asarray(windows)

    def _rate(self) -> float:
        """Return the sampling rate (Hz).

        Raises
        ------
        ValueError
            If ``rate_hz`` was not set.
        """
        if self.rate_hz is None or not self.rate_hz > 0:
            raise ValueError(f"{type(self).__name__}: rate_hz = {self.rate_hz!r}: set the sampling rate of the windows")
        return float(self.rate_hz)


class WindowClassifier(ClassifierMixin, WindowEstimator, ABC):
    """A classifier of windows; a subclass says how it learns and how probable each class is."""

    min_windows: ClassVar[int] = 1
    """Of each class, to learn from."""

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from windows (n_windows, n_channels, n_times) and their classes (n_windows,).

        Raises
        ------
        ValueError
            If a value is not finite, the lengths differ, only one class is there, or too few windows of one.
        """
        windows, codes = self._labelled(X, y)
        self._learn(windows, codes)
        return self

    def predict_proba(self, X: Any) -> Floats:
        """Return probabilities (n_windows, n_classes), in the order of ``classes_``."""
        return self._probabilities(self._more_windows(X))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each window."""
        best = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[best])

    def _labelled(self, X: Any, y: Any) -> tuple[NDArray[Any], Codes]:
        """Check windows and classes; set ``classes_`` and return each window's position in it."""
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        windows = self._first_windows(X)
        check_consistent_length(windows, y)
        check_classification_targets(y)
        self.classes_, codes = np.unique(column_or_1d(y, warn=True), return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} can't train when only one class is present: all of y is {self.classes_[0]!r}"
            )
        counts = np.bincount(codes)
        if counts.min() < self.min_windows:
            raise ValueError(
                f"{type(self).__name__} needs at least {self.min_windows} windows of each class, got {counts.min()} of "
                f"{self.classes_[counts.argmin()]!r}"
            )
        return windows, codes.astype(np.int64)

    @abstractmethod
    def _learn(self, windows: NDArray[Any], codes: Codes) -> None: ...

    @abstractmethod
    def _probabilities(self, windows: NDArray[Any]) -> Floats: ...


class WindowRegressor(RegressorMixin, WindowEstimator, ABC):
    """A regression on windows."""

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from windows (n_windows, n_channels, n_times) and values (n_windows,).

        Raises
        ------
        ValueError
            If a value is not finite or the lengths differ.
        """
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        windows = self._first_windows(X)
        values = column_or_1d(check_array(y, ensure_2d=False, dtype=np.float64, estimator=self, input_name="y"))
        check_consistent_length(windows, values)
        self._learn(windows, values)
        return self

    def predict(self, X: Any) -> Floats:
        """Return a value for each window."""
        return self._values(self._more_windows(X))

    @abstractmethod
    def _learn(self, windows: NDArray[Any], values: Floats) -> None: ...

    @abstractmethod
    def _values(self, windows: NDArray[Any]) -> Floats: ...
