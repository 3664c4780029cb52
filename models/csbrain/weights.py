"""Reading weights: safely, and every key or none."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from pipelines.errors import CheckpointInvalid

_PREFIX = "module."
"""Put before every key by torch's DataParallel, with which the released weights were saved."""
_NAMED = 5
"""How many wrong keys a message names."""


def read_official(source: str | Path | Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a state_dict without the ``module.`` prefix.

    Parameters
    ----------
    source
        A ``.safetensors`` file, a file of ``torch.save`` (read with ``weights_only=True``: no code is run), or a
        state_dict.

    Raises
    ------
    CheckpointInvalid
        If the file is missing or damaged, or does not hold named tensors.
    """
    table = source if isinstance(source, Mapping) else _read_file(Path(source))
    if not isinstance(table, Mapping) or not all(isinstance(k, str) and torch.is_tensor(v) for k, v in table.items()):
        raise CheckpointInvalid(f"{source if isinstance(source, str | Path) else 'state_dict'}: not a table of tensors")
    return {key.removeprefix(_PREFIX): value for key, value in table.items()}


def _read_file(path: Path) -> object:
    if not path.is_file():
        raise CheckpointInvalid(f"{path}: there is no such file")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, OSError) as exc:
        raise CheckpointInvalid(f"{path}: cannot be read as weights: {_first_line(exc)}") from exc


def _first_line(exc: Exception) -> str:
    """Shorten a message to its first line; an empty file gives none at all."""
    return str(exc).partition("\n")[0] or type(exc).__name__


def load_strictly(module: nn.Module, tensors: Mapping[str, Tensor], where: str) -> None:
    """Copy tensors into a module.

    Raises
    ------
    CheckpointInvalid
        If a key is missing, unexpected, of another shape or not finite; the message names keys and shapes.
    """
    wanted = module.state_dict()
    faults = [f"{key} is missing" for key in wanted if key not in tensors]
    faults += [f"{key} is not known to the network" for key in tensors if key not in wanted]
    for key in wanted.keys() & tensors.keys():
        if tensors[key].shape != wanted[key].shape:
            faults.append(f"{key} has shape {tuple(tensors[key].shape)}, not {tuple(wanted[key].shape)}")
        elif not torch.isfinite(tensors[key]).all():
            faults.append(f"{key} holds values that are not finite")
    if faults:
        more = f"; and {len(faults) - _NAMED} more" if len(faults) > _NAMED else ""
        raise CheckpointInvalid(f"{where}: the weights do not fit: {'; '.join(faults[:_NAMED])}{more}")
    module.load_state_dict(dict(tensors))
