"""Band power, tangent space and CSBrain, each relative to the person's rest, stacked. In µV. Two classes, first rest.

Members: ``bandpower`` and ``tangent`` (:mod:`models.rest_features`), ``csbrain`` (electrode features of a network that
is not trained further, 200 Hz, whole seconds), and ``distance``: how far the window is from the person's rest, whatever
the direction. Where rest and task are separate recordings, distance also tells the recordings apart; it is off unless
asked for. Penalties, weights and threshold are chosen on training people left out in turn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.rest_columns import Member, Reference, RestColumns
from models.rest_relative import People, RestRelativeClassifier
from models.rest_stack import Stack, fit_stack
from models.training.workload import BANDS_HZ, N_TAPERS
from models.window_estimator import Codes, Floats
from models.window_features import Bands
from pipelines.errors import ModelError
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Members, bands, and the network."""

    members: tuple[Member, ...] = Field(("bandpower", "tangent"), min_length=1, description="What is stacked.")
    bands_hz: Bands = Field(BANDS_HZ, min_length=1, description="Band edges (Hz), low included, high excluded.")
    n_tapers: int = Field(N_TAPERS, ge=1, le=16, description="Tapers averaged in each spectrum.")
    weights: str = Field("", description="File of the network's weights; none: random ones.")
    n_layers: int = Field(2, ge=1, description="Layers of the network; official weights have 12.")


class EnsembleRest(RestRelativeClassifier):
    """See the module."""

    def __init__(
        self,
        members: tuple[Member, ...] = ("bandpower", "tangent"),
        bands_hz: Bands = BANDS_HZ,
        n_tapers: int = N_TAPERS,
        weights: str = "",
        n_layers: int = 2,
        rate_hz: float | None = None,
        channels: tuple[str, ...] | None = None,
        random_state: int = 0,
    ) -> None:
        self.members = members
        self.bands_hz = bands_hz
        self.n_tapers = n_tapers
        self.weights = weights
        self.n_layers = n_layers
        self.rate_hz = rate_hz
        self.channels = channels
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        """Say that there are two classes."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def _measure(self, windows: NDArray[Any]) -> Any:
        # What is measured of a window is not one array: the windows themselves are kept until there is a reference.
        self._rate()
        return windows

    def _reference(self, measured: Any) -> Reference:
        return self._columns().reference(measured)

    def _common_reference(self, measured: Any) -> Reference:
        return self._columns().reference(measured)

    def _relative(self, measured: Any, reference: Reference) -> Floats:
        features, self.slices_ = self._columns().measure(measured, reference, remember=True)
        return features

    def _learn_relative(self, features: Floats, codes: Codes, people: People) -> None:
        if len(self.classes_) != 2:
            raise ValueError(
                f"Only binary classification is supported by EnsembleRest, y holds {len(self.classes_)} classes"
            )
        self.stack_: Stack = fit_stack(features, codes, people, self.slices_)

    def _answer(self, features: Floats) -> Floats:
        p = self.stack_.probability(features)
        return np.column_stack([1.0 - p, p])

    def _probabilities(self, windows: NDArray[Any]) -> Floats:
        reference: Any = self.reference_
        if reference is None:
            raise ModelError(f"{type(self).__name__}: fitted relative to rest: call for_person with this person's rest")
        # Not by _relative, which remembers: a decision measures its window anew.
        return self._answer(self._columns().measure(windows, reference, remember=False)[0])

    def _columns(self) -> RestColumns:
        return RestColumns(
            tuple(self.members), self.bands_hz, self.n_tapers, self._rate(), tuple(self.channels or ()),
            self.weights, self.n_layers, self.random_state,
        )  # fmt: skip


def build(settings: Settings) -> EnsembleRest:
    """Make the estimator."""
    s = settings
    return EnsembleRest(s.members, s.bands_hz, s.n_tapers, s.weights, s.n_layers)
