"""Learning rates layer by layer: the deeper below the head, the smaller (Howard & Ruder 2018, arXiv 1801.06146)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from torch import nn

_LAYER = re.compile(r"\.layers\.(\d+)\.")


def rate_factors(
    module: nn.Module, parameters: Sequence[nn.Parameter], head: str, head_factor: float, decay: float
) -> list[float]:
    """Return what the learning rate of each parameter is multiplied by.

    Parameters
    ----------
    module, parameters
        The network, and those of its parameters that are trained.
    head
        Prefix of the head's names; they get ``head_factor``.
    decay
        From one encoder layer to the one below it; what lies before the first layer is one step further down.
    """
    names: Mapping[int, str] = {id(parameter): name for name, parameter in module.named_parameters()}
    depths = [int(found[1]) for name in names.values() if (found := _LAYER.search(name))]
    top = max(depths, default=-1)
    factors = []
    for parameter in parameters:
        name = names[id(parameter)]
        found = _LAYER.search(name)
        below = top - int(found[1]) if found else top + 1
        factors.append(head_factor if name.startswith(head) else decay**below)
    return factors
