"""Features of windows relative to a person's rest, several kinds side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.csbrain.frozen import frozen_features
from models.rest_features import LIMIT, RestFeatures
from models.window_estimator import Floats
from models.window_features import Bands, band_covariances
from models.window_memory import WindowMemory

Member = Literal["bandpower", "tangent", "csbrain", "distance"]
"""Log band power and tangent-space covariances of :mod:`models.rest_features`; electrode features of a frozen CSBrain;
how far a window is from rest in the first two, whatever the direction."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A person's rest to each kind of features; None where no member asks for it."""

    bands: RestFeatures | None
    tokens: tuple[Floats, Floats] | None
    """Mean and spread of the network's features."""


@dataclass(frozen=True, slots=True)
class RestColumns:
    """Which features, and how they are measured.

    Parameters
    ----------
    members
        Kinds, in the order of their columns.
    bands_hz, n_tapers
        Of band power and covariances.
    rate_hz, channels
        Of the windows.
    weights, n_layers, seed
        Of the network; see :func:`models.csbrain.frozen.frozen_features`.
    """

    members: tuple[Member, ...]
    bands_hz: Bands
    n_tapers: int
    rate_hz: float
    channels: tuple[str, ...] = ()
    weights: str = ""
    n_layers: int = 2
    seed: int = 0

    def reference(self, rest: NDArray[Any]) -> Reference:
        """Return what windows of rest (n_windows, n_channels, n_times) are to each kind."""
        bands = None
        if set(self.members) - {"csbrain"}:
            tangent = bool({"tangent", "distance"} & set(self.members))
            bands = _rest_features(_Rest(rest), self.rate_hz, self.bands_hz, self.n_tapers, tangent)
        if "csbrain" not in self.members:
            return Reference(bands, None)
        features = self._network(remember=True)(rest)
        spread = features.std(axis=0)
        return Reference(bands, (features.mean(axis=0), spread + np.median(spread)))

    def measure(
        self, windows: NDArray[Any], reference: Reference, *, remember: bool
    ) -> tuple[Floats, dict[str, slice]]:
        """Return features (n_windows, n_features) and the columns of each member.

        Parameters
        ----------
        windows
            (n_windows, n_channels, n_times).
        reference
            Of the person they are of.
        remember
            Whether the same windows will be measured again: in training, never in a decision.
        """
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
        ends = np.cumsum([0, *(columns[name].shape[1] for name in self.members)])
        slices: dict[str, slice] = {name: slice(ends[i], ends[i + 1]) for i, name in enumerate(self.members)}
        return np.concatenate([columns[name] for name in self.members], axis=1), slices

    def _covariances(self, windows: NDArray[Any], *, remember: bool) -> Floats:
        if remember:
            return _covariances_memory(self.rate_hz, self.bands_hz, self.n_tapers)(windows)
        return band_covariances(windows, self.rate_hz, self.bands_hz, self.n_tapers)

    def _network(self, *, remember: bool) -> Callable[[NDArray[Any]], Floats]:
        which = (self.channels, self.weights, self.n_layers, self.seed)
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
