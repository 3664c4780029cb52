"""Any scikit-learn classifier or regression by its dotted name, on features of windows. In µV or any one unit."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from importlib.metadata import packages_distributions
from typing import Any, Literal, Self, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if

from models.window_estimator import Floats, WindowEstimator
from models.window_features import FIVE_BANDS_HZ, Bands, log_band_density, log_covariances
from pipelines.errors import ConfigError
from pipelines.plugins import PluginSettings

Method = TypeVar("Method", bound=Callable[..., Any])
Features = Literal["bandpower", "covariance", "flat", "none"]


class Settings(PluginSettings):
    """Which class, its parameters, and what it sees of a window."""

    estimator: str = Field("sklearn.linear_model.LogisticRegression", description="Dotted name of the class.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="Its parameters.")
    features: Features = Field(
        "bandpower",
        description="bandpower: log band power; covariance: upper triangle of the covariance's logarithm; "
        "flat: all samples in a row; none: windows as they are.",
    )
    bands_hz: Bands = Field(FIVE_BANDS_HZ, min_length=1, description="Bands for the feature bandpower (Hz).")


def _has(method: str) -> Callable[[Method], Method]:
    only: Callable[[Method], Method] = available_if(lambda self: hasattr(self.estimator, method))
    return only


class OnWindows(WindowEstimator):
    """A scikit-learn estimator behind one way to describe windows; classifier or regression as that estimator is.

    Parameters
    ----------
    estimator
        Is cloned, never fitted itself.
    features, bands_hz
        See the settings.
    rate_hz
        Of the windows; needed for bandpower.
    random_state
        Seed of the estimator, if it has such a parameter.
    """

    def __init__(
        self,
        estimator: Any,
        features: Features = "bandpower",
        bands_hz: Bands = FIVE_BANDS_HZ,
        rate_hz: float | None = None,
        random_state: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.features = features
        self.bands_hz = bands_hz
        self.rate_hz = rate_hz
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        """Be what the estimator is."""
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.estimator_type = inner.estimator_type
        tags.classifier_tags, tags.regressor_tags = inner.classifier_tags, inner.regressor_tags
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from windows (n_windows, n_channels, n_times).

        Raises
        ------
        ValueError
            If a value is not finite, or the estimator refuses the labels.
        """
        if self.features not in get_args(Features):
            raise ValueError(f"features = {self.features!r}: must be one of {', '.join(get_args(Features))}")
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        described = self._describe(self._first_windows(X))
        inner = clone(self.estimator)
        if self.random_state is not None and "random_state" in inner.get_params():
            inner.set_params(random_state=self.random_state)
        self.estimator_ = inner.fit(described, y)
        if is_classifier(inner):
            self.classes_ = inner.classes_
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the estimator's answer for each window."""
        windows = self._more_windows(X)
        return np.asarray(self.estimator_.predict(self._describe(windows)))

    @_has("predict_proba")
    def predict_proba(self, X: Any) -> Floats:
        """Return probabilities, where the estimator has them."""
        windows = self._more_windows(X)
        return np.asarray(self.estimator_.predict_proba(self._describe(windows)))

    @_has("decision_function")
    def decision_function(self, X: Any) -> Floats:
        """Return decision values, where the estimator has them."""
        windows = self._more_windows(X)
        return np.asarray(self.estimator_.decision_function(self._describe(windows)))

    @_has("score")
    def score(self, X: Any, y: Any) -> float:
        """Return the estimator's own score: accuracy or R²."""
        windows = self._more_windows(X)
        return float(self.estimator_.score(self._describe(windows), y))

    def _describe(self, windows: NDArray[Any]) -> NDArray[Any]:
        if self.features == "bandpower":
            return log_band_density(windows, self._rate(), self.bands_hz)
        if self.features == "covariance":
            return log_covariances(windows)
        return windows if self.features == "none" else windows.reshape(len(windows), -1)


def _resolve(name: str) -> type[Any]:
    """Import a class of an installed package.

    Raises
    ------
    ConfigError
        If the package is not installed, or the name is no classifier or regression of scikit-learn's kind.
    """
    where = f"sklearn: estimator = {name!r}"
    module_name, _, class_name = name.rpartition(".")
    # A module of the working folder must not run because a table names it.
    if not module_name or module_name.split(".")[0] not in packages_distributions():
        raise ConfigError(f"{where}: must be the dotted name of a class in an installed package")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError) as exc:
        raise ConfigError(f"{where}: {exc}") from exc
    if not inspect.isclass(found) or not issubclass(found, BaseEstimator) or inspect.isabstract(found):
        raise ConfigError(f"{where}: is no scikit-learn estimator (a class derived from sklearn.base.BaseEstimator)")
    return found


def build(settings: Settings) -> OnWindows:
    """Make the estimator.

    Raises
    ------
    ConfigError
        If the class is refused, or does not take the parameters.
    """
    try:
        inner = _resolve(settings.estimator)(**settings.parameters)
    except TypeError as exc:
        raise ConfigError(f"sklearn: parameters = {settings.parameters!r}: {exc}") from exc
    if not (is_classifier(inner) or is_regressor(inner)):
        raise ConfigError(f"sklearn: estimator = {settings.estimator!r}: is neither a classifier nor a regression")
    return OnWindows(inner, settings.features, settings.bands_hz)
