"""What a run needs to go on: weights, their average, the optimiser's moments, the curves. One file, whole or absent."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from pipelines.errors import CheckpointInvalid

STATE = "state.safetensors"
_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


@dataclass(slots=True)
class Curves:
    """Loss of every step, and what validation came to: ``{"step": n, "loss": ..., <baseline>: ...}``."""

    loss: list[float] = field(default_factory=list)
    validation: list[dict[str, float]] = field(default_factory=list)


def write_state(
    out: Path,
    weights: Mapping[str, Tensor],
    average: Mapping[str, Tensor],
    parameters: Mapping[str, nn.Parameter],
    optimiser: torch.optim.Optimizer,
    curves: Curves,
) -> None:
    """Replace the state in a folder; a kill leaves the old one or the new one.

    Raises
    ------
    CheckpointInvalid
        If it cannot be written.
    """
    moments = {
        f"adam/{key}/{name}": optimiser.state[parameter][key]
        for name, parameter in parameters.items()
        if parameter in optimiser.state
        for key in _MOMENTS
    }
    tensors = {f"weights/{k}": v for k, v in weights.items()} | {f"average/{k}": v for k, v in average.items()}
    curve = torch.tensor(curves.loss, dtype=torch.float64)
    everything = {k: v.detach().cpu().contiguous() for k, v in {**tensors, **moments, "loss": curve}.items()}
    part = out / f".{STATE}.{os.getpid()}.part"
    try:
        save_file(everything, part, metadata={"validation": json.dumps(curves.validation)})
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(out / STATE)
    except (OSError, SafetensorError) as exc:
        raise CheckpointInvalid(f"{out / STATE}: cannot be written: {exc}") from exc
    finally:
        part.unlink(missing_ok=True)


def read_state(
    out: Path,
    weights: Mapping[str, Tensor],
    average: Mapping[str, Tensor],
    parameters: Mapping[str, nn.Parameter],
    optimiser: torch.optim.Optimizer,
) -> Curves:
    """Copy the state in a folder into weights, average and optimiser; nothing if there is none.

    Raises
    ------
    CheckpointInvalid
        If it is damaged or belongs to another network.
    """
    path = out / STATE
    if not path.is_file():
        return Curves()
    try:
        with safe_open(path, "pt") as file:
            found: dict[str, Tensor] = {key: file.get_tensor(key) for key in file.keys()}
            validation = json.loads(file.metadata()["validation"])
        with torch.no_grad():
            for prefix, place in (("weights", weights), ("average", average)):
                for name, tensor in place.items():
                    tensor.copy_(found[f"{prefix}/{name}"])
        for name, parameter in parameters.items():
            if f"adam/step/{name}" in found:
                optimiser.state[parameter] = _moments(found, name, parameter)
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as exc:
        raise CheckpointInvalid(
            f"{path}: damaged, or of another network: {exc}; remove the folder to begin anew"
        ) from exc
    return Curves(found["loss"].tolist(), validation)


def _moments(found: Mapping[str, Tensor], name: str, parameter: nn.Parameter) -> dict[str, Any]:
    # Adam counts its steps on the CPU.
    return {key: found[f"adam/{key}/{name}"].to("cpu" if key == "step" else parameter.device) for key in _MOMENTS}
