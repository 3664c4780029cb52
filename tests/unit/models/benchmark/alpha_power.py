"""Estimators as another package would bring them: power of a channel, with and without a person's rest."""

from __future__ import annotations

import time
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import LogisticRegression

from pipelines.errors import ModelError
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    mode: Literal["plain", "adaptive", "validated", "choice", "random", "values", "raises", "nan"] = "plain"
    weights: str = ""
    wait_s: float = 0.0


class AlphaPower(ClassifierMixin, BaseEstimator):
    def __init__(self, settings: Settings, rate_hz: float = 0.0, channels: tuple[str, ...] = ()) -> None:
        self.settings = settings
        self.rate_hz = rate_hz
        self.channels = channels

    def fit(self, X: Any, y: Any) -> Self:
        self.reference_ = np.zeros(X.shape[1])
        return self._learn(self._power(X), y)

    def _learn(self, power: Any, y: Any) -> Self:
        if self.rate_hz != 100.0 or self.channels != ("O1", "O2", "P3", "P4"):
            raise ModelError(f"told {self.rate_hz} Hz and {self.channels}")
        time.sleep(self.settings.wait_s)
        self.n_seen_ = len(y)
        self.head_ = LogisticRegression(C=10.0).fit(power - self.reference_, y)
        self.classes_ = self.head_.classes_
        return self

    def _power(self, X: Any) -> Any:
        return np.log(np.asarray(X, dtype=np.float64).var(axis=2) + 1e-6)

    def predict_proba(self, X: Any) -> Any:
        return self.head_.predict_proba(self._power(X) - self.reference_)

    def predict(self, X: Any) -> Any:
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class AdaptiveAlphaPower(AlphaPower):
    def fit_people(self, X: Any, y: Any, people: Any, rest: Any) -> Self:
        power = self._power(X)
        for person in np.unique(people):
            power[people == person] -= self._power(rest[person]).mean(axis=0)
        self.reference_ = np.zeros(X.shape[1])
        return self._learn(power, y)

    def for_person(self, rest: Any, X: Any = None, y: Any = None) -> Self:
        adapted = type(self)(self.settings, self.rate_hz, self.channels)
        if rest is None:
            return adapted.fit(X, y)
        adapted.head_, adapted.classes_, adapted.n_seen_ = self.head_, self.classes_, self.n_seen_
        adapted.reference_ = self._power(rest).mean(axis=0)
        return adapted


class ValidatedAlphaPower(AlphaPower):
    def fit(self, X: Any, y: Any, X_val: Any = None, y_val: Any = None) -> Self:
        super().fit(X, y)
        if X_val is not None:
            self.n_validated_ = len(y_val)
        return self


class Choice(BaseEstimator):
    def __init__(self, random_state: int | None = None) -> None:
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        self.chosen_ = int(np.bincount(y).argmax())
        return self

    def predict(self, X: Any) -> Any:
        return np.full(len(X), self.chosen_)


class Random(Choice):
    """Draws from its seed and, as some old packages do, from the global generator."""

    classes_ = np.array([0, 1])

    def fit(self, X: Any, y: Any) -> Self:
        self.drawn_ = np.random.default_rng(self.random_state).uniform() * np.random.uniform()  # noqa: NPY002
        return self

    def predict_proba(self, X: Any) -> Any:
        return np.tile([self.drawn_, 1 - self.drawn_], (len(X), 1))


class Values(RegressorMixin, BaseEstimator):
    def fit(self, X: Any, y: Any) -> Self:
        self.mean_ = float(np.mean(y))
        return self

    def predict(self, X: Any) -> Any:
        return np.full(len(X), self.mean_)


class Raises(Choice):
    def fit(self, X: Any, y: Any) -> Self:
        raise np.linalg.LinAlgError("singular")


class Nan(Random):
    def predict_proba(self, X: Any) -> Any:
        return np.full((len(X), 2), np.nan)


def build(settings: Settings) -> Any:
    plain = {"plain": AlphaPower, "adaptive": AdaptiveAlphaPower, "validated": ValidatedAlphaPower}
    if settings.mode in plain:
        return plain[settings.mode](settings)
    return {"choice": Choice, "random": Random, "values": Values, "raises": Raises, "nan": Nan}[settings.mode]()
