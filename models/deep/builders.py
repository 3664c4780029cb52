"""Which networks there are, and who builds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.deep.braindecode_networks import NETWORKS, BraindecodeBuilder
from models.deep.csbrain_network import CSBrainBuilder
from models.deep.networks import Builder
from pipelines.errors import ConfigError

CSBRAIN = "CSBrain"


def builder(name: str, settings: Mapping[str, Any]) -> Builder:
    """Return what makes a network for a shape; braindecode is imported only when it does.

    Raises
    ------
    ConfigError
        If there is none of that name, or it does not take these settings.
    """
    if name == CSBRAIN:
        unknown = sorted(settings.keys() - {"n_layers", "d_model", "n_heads", "d_ff"})
        if not unknown:
            return CSBrainBuilder(**settings)
    elif name in NETWORKS:
        unknown = sorted(settings)
        if not unknown:
            return BraindecodeBuilder(name)
    else:
        raise ConfigError(f"network {name!r}: known are {', '.join((CSBRAIN, *NETWORKS))}")
    raise ConfigError(f"network {name!r} takes no {', '.join(unknown)}")
