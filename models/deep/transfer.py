"""Put pretrained weights under a new head."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import torch
from torch import Tensor

from models.deep.networks import Network
from pipelines.errors import CheckpointInvalid

log = logging.getLogger(__name__)
_NAMED = 5


def load_backbone(network: Network, tensors: Mapping[str, Tensor], where: str) -> None:
    """Copy weights into everything but the head; what only pre-training used is named in the log.

    Raises
    ------
    CheckpointInvalid
        If a key of the backbone is missing, of another shape or not finite.
    """
    tensors = {network.prefix + key.removeprefix(network.prefix): value for key, value in tensors.items()}
    wanted = {k: v for k, v in network.module.state_dict().items() if not k.startswith(network.head)}
    faults = [f"{key} is missing" for key in wanted if key not in tensors]
    for key in wanted.keys() & tensors.keys():
        if tensors[key].shape != wanted[key].shape:
            faults.append(f"{key} has shape {tuple(tensors[key].shape)}, not {tuple(wanted[key].shape)}")
        elif not torch.isfinite(tensors[key]).all():
            faults.append(f"{key} holds values that are not finite")
    if faults:
        more = f"; and {len(faults) - _NAMED} more" if len(faults) > _NAMED else ""
        raise CheckpointInvalid(f"{where}: the weights do not fit: {'; '.join(sorted(faults)[:_NAMED])}{more}")
    unused = sorted(tensors.keys() - wanted.keys())
    if unused:
        log.info("%s: not used: %s", where, ", ".join(unused[:_NAMED]) + (" …" if len(unused) > _NAMED else ""))
    network.module.load_state_dict({key: tensors[key] for key in wanted}, strict=False)
