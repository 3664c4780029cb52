"""Band power, tangent space and CSBrain, each relative to the person's rest, stacked. In µV. Two classes, first rest.

Members: ``bandpower`` and ``tangent`` (:mod:`models.rest_features`), ``csbrain`` (electrode features of a network that
is not trained further, 200 Hz, whole seconds), and ``distance``: how far the window is from the person's rest, whatever
the direction. Where rest and task are separate recordings, distance also tells the recordings apart; it is off unless
asked for. Penalties, weights and threshold are chosen on training people left out in turn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.csbrain.frozen import frozen_features
from models.rest_features import LIMIT, RestFeatures
from models.rest_relative import People, RestRelativeClassifier
from models.rest_stack import Stack, fit_stack
from models.training.workload import BANDS_HZ, N_TAPERS
from models.window_estimator import Codes, Floats
from models.window_features import Bands, band_covariances
from models.window_memory import WindowMemory
from pipelines.errors import ModelError
from pipelines.plugins import PluginSettings

Member = Literal["bandpower", "tangent", "csbrain", "distance"]


class Settings(PluginSettings):
    """Members, bands, and the network."""

    members: tuple[Member, ...] = Field(("bandpower", "tangent"), min_length=1, description="What is stacked.")
    bands_hz: Bands = Field(BANDS_HZ, min_length=1, description="Band edges (Hz), low included, high excluded.")
    n_tapers: int = Field(N_TAPERS, ge=1, le=16, description="Tapers averaged in each spectrum.")
    weights: str = Field("", description="File of the network's weights; none: random ones.")
    n_layers: int = Field(2, ge=1, description="Layers of the network; official weights have 12.")


@dataclass(frozen=True, slots=True)
class _Reference:
    """A person's rest to each kind of features."""

    bands: RestFeatures | None
    tokens: tuple[Floats, Floats] | None
    """Mean and spread of the network's features."""


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

    def _reference(self, measured: Any) -> _Reference:
        bands = None
        if set(self.members) - {"csbrain"}:
            tangent = bool({"tangent", "distance"} & set(self.members))
            bands = _rest_features(_Rest(measured), self._rate(), self.bands_hz, self.n_tapers, tangent)
        if "csbrain" not in self.members:
            return _Reference(bands, None)
        features = self._network(remember=True)(measured)
        spread = features.std(axis=0)
        return _Reference(bands, (features.mean(axis=0), spread + np.median(spread)))

    def _common_reference(self, measured: Any) -> _Reference:
        return self._reference(measured)

    def _relative(self, measured: Any, reference: _Reference) -> Floats:
        return self._features(measured, reference, remember=True)

    def _features(self, windows: NDArray[Any], reference: _Reference, *, remember: bool) -> Floats:
        """Return the columns of all members, (n_windows, n_features)."""
        columns: dict[str, Floats] = {}
        if reference.bands is not None:
            found = reference.bands(self._covariances(windows, remember=remember))
            n_power = len(self.bands_hz) * windows.shape[1]
            power, tangent = found[:, :n_power], found[:, n_power:]
            columns = {"bandpower": power, "tangent": tangent, "distance": _lengths(power, tangent)}
        if reference.tokens is not None:
            mean, spread = reference.tokens
            plain = self._network(remember=remember)(windows)
            columns["csbrain"] = np.clip((plain - mean) / spread, -LIMIT, LIMIT)
        widths = [columns[name].shape[1] for name in self.members]
        ends = np.cumsum([0, *widths])
        self.slices_: dict[str, slice] = {name: slice(ends[i], ends[i + 1]) for i, name in enumerate(self.members)}
        return np.concatenate([columns[name] for name in self.members], axis=1)

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
        return self._answer(self._features(windows, reference, remember=False))

    def _covariances(self, windows: NDArray[Any], *, remember: bool) -> Floats:
        if remember:
            return _covariances_memory(self._rate(), self.bands_hz, self.n_tapers)(windows)
        return band_covariances(windows, self._rate(), self.bands_hz, self.n_tapers)

    def _network(self, *, remember: bool) -> Callable[[NDArray[Any]], Floats]:
        which = (tuple(self.channels or ()), self.weights, self.n_layers, self.random_state)
        return _network_memory(*which) if remember else frozen_features(*which)


class _Rest:
    """Windows of rest that are alike where their samples are."""

    def __init__(self, windows: NDArray[Any]) -> None:
        self.windows = windows
        self._digest = hashlib.blake2b(np.ascontiguousarray(windows).tobytes(), digest_size=16).digest()

    def __hash__(self) -> int:
        return hash(self._digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Rest) and other._digest == self._digest


@lru_cache(maxsize=64)
def _rest_features(rest: _Rest, rate_hz: float, bands_hz: Bands, n_tapers: int, tangent: bool) -> RestFeatures:
    """Return a person's reference, the same for everybody who is left out."""
    return RestFeatures(band_covariances(rest.windows, rate_hz, bands_hz, n_tapers), tangent=tangent)


@lru_cache(maxsize=1)
def _covariances_memory(rate_hz: float, bands_hz: Bands, n_tapers: int) -> WindowMemory:
    return WindowMemory(lambda windows: band_covariances(windows, rate_hz, bands_hz, n_tapers))


@lru_cache(maxsize=1)
def _network_memory(channels: tuple[str, ...], weights: str, n_layers: int, seed: int) -> WindowMemory:
    return WindowMemory(frozen_features(channels, weights, n_layers, seed))


def _lengths(power: Floats, tangent: Floats) -> Floats:
    """Return the root mean squares of both kinds of distances, (n_windows, 2)."""
    kinds = [power, tangent] if tangent.shape[1] else [power]
    return np.column_stack([np.sqrt(np.mean(kind**2, axis=1)) for kind in kinds])


def build(settings: Settings) -> EnsembleRest:
    """Make the estimator."""
    s = settings
    return EnsembleRest(s.members, s.bands_hz, s.n_tapers, s.weights, s.n_layers)
