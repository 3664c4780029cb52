"""Features of a network that is not trained any more: each electrode's token, averaged over the patches."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from models.csbrain.embedding import PATCH
from models.csbrain.fused import FusedCSBrain, fuse
from models.csbrain.montages import montage_of
from models.csbrain.network import CSBrain
from models.csbrain.weights import load_strictly, read_official
from pipelines.errors import ConfigError

Floats = NDArray[np.float64]
AT_ONCE = 64


class FrozenFeatures:
    """Maps windows (n_windows, n_channels, n_times) in µV at 200 Hz to (n_windows, n_channels · 200) features."""

    def __init__(self, network: FusedCSBrain) -> None:
        self._network = network

    def __call__(self, windows: NDArray[np.floating]) -> Floats:
        """Return features, channels sorted by region.

        Raises
        ------
        ConfigError
            If windows are no whole number of seconds.
        """
        if windows.shape[-1] % PATCH:
            raise ConfigError(f"CSBrain takes whole seconds at 200 Hz; a window has {windows.shape[-1]} samples")
        x = torch.from_numpy(np.array(windows, dtype=np.float32) / np.float32(100.0))
        x = x.reshape(*x.shape[:-1], -1, PATCH)
        parts = [self._network.features(part).mean(dim=2).flatten(1) for part in torch.split(x, AT_ONCE)]
        return np.asarray(torch.cat(parts).double().numpy())


@lru_cache(maxsize=2)
def frozen_features(channels: Sequence[str], weights: str, n_layers: int, seed: int) -> FrozenFeatures:
    """Make them, with the montage of our own rule.

    Parameters
    ----------
    channels
        10-10 names, a tuple.
    weights
        File of official weights, or of a backbone of ours; empty: random ones, drawn with the seed.
    n_layers
        Depth; official weights have 12.
    seed
        Of random weights.

    Raises
    ------
    ChannelMismatch
        If a name is no electrode.
    CheckpointInvalid
        If the weights cannot be read or do not fit.
    """
    montage = montage_of(channels)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = CSBrain(montage.regions, montage.order, n_layers).eval()
    if weights:
        load_strictly(network, read_official(weights), weights)
    return FrozenFeatures(fuse(network))
