"""Filter-bank tangent space and log band power relative to rest, with a learned threshold. In µV or any one unit.

The live decoder ``riemann``, as it is trained: slope and threshold come from training people left out in turn; of
people with one class only nothing is learnt. Without rest (``fit``), windows are set against the mean of all training
windows and the threshold is that of the regression; so it is where people left out are not told apart.
Two classes, the first one rest.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.rest_features import RestFeatures
from models.rest_relative import People, RestRelativeClassifier
from models.training.held_out import Head, fit_head, fit_plain_head
from models.training.workload import BANDS_HZ, N_TAPERS, Person
from models.window_estimator import Codes, Floats
from models.window_features import Bands, band_covariances
from pipelines.errors import ModelError
from pipelines.plugins import PluginSettings

MIN_PEOPLE = 2

_log = logging.getLogger(__name__)


class Settings(PluginSettings):
    """Bands, tapers and penalty."""

    bands_hz: Bands = Field(BANDS_HZ, min_length=1, description="Band edges (Hz), low included, high excluded.")
    n_tapers: int = Field(N_TAPERS, ge=1, le=16, description="Tapers averaged in each spectrum.")
    tangent: bool = Field(True, description="Whether tangent-space covariances join the log band power.")
    C: float = Field(0.001, gt=0, description="Inverse strength of the ridge penalty.")


class RiemannRest(RestRelativeClassifier):
    """See the module."""

    def __init__(
        self,
        bands_hz: Bands = BANDS_HZ,
        n_tapers: int = N_TAPERS,
        tangent: bool = True,
        C: float = 0.001,
        rate_hz: float | None = None,
    ) -> None:
        self.bands_hz = bands_hz
        self.n_tapers = n_tapers
        self.tangent = tangent
        self.C = C
        self.rate_hz = rate_hz

    def __sklearn_tags__(self) -> Any:
        """Say that there are two classes."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def _measure(self, windows: NDArray[Any]) -> Floats:
        return band_covariances(windows, self._rate(), self.bands_hz, self.n_tapers)

    def _reference(self, measured: Floats) -> RestFeatures:
        return RestFeatures(measured, tangent=self.tangent)

    def _common_reference(self, measured: Floats) -> RestFeatures:
        return RestFeatures(measured, tangent=self.tangent)

    def _relative(self, measured: Floats, reference: RestFeatures) -> Floats:
        return reference(measured)

    def _learn_relative(self, features: Floats, codes: Codes, people: People) -> None:
        if len(self.classes_) != 2:
            raise ValueError(
                f"Only binary classification is supported by RiemannRest, y holds {len(self.classes_)} classes"
            )
        self.head_ = self._head([Person(n, features[people == n], codes[people == n]) for n in range(people.max() + 1)])

    def _head(self, everybody: list[Person]) -> Head:
        # A threshold that balances errors needs people who have both classes.
        judges = [person for person in everybody if len(np.unique(person.labels)) == 2]
        if len(judges) >= MIN_PEOPLE:
            try:
                return fit_head(judges, self.C)
            except ModelError as exc:
                _log.warning("RiemannRest: keeps the threshold of the regression: %s", exc)
        return fit_plain_head(everybody, self.C)

    def _answer(self, features: Floats) -> Floats:
        p = self.head_.probability(features)
        return np.column_stack([1.0 - p, p])


def build(settings: Settings) -> RiemannRest:
    """Make the estimator."""
    return RiemannRest(settings.bands_hz, settings.n_tapers, settings.tangent, settings.C)
