"""What a training keeps so that it can go on after a kill, bit for bit: one file, replaced after every epoch."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from pipelines.errors import CheckpointInvalid


class FitState:
    """A file of tensors, numbers and lists of them; read without running any code (``weights_only``).

    Parameters
    ----------
    path
        Made by :meth:`save`; its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> dict[str, Any] | None:
        """Return what was saved last; None if nothing was.

        Raises
        ------
        CheckpointInvalid
            If the file is damaged.
        """
        if not self._path.exists():
            return None
        try:
            table: dict[str, Any] = torch.load(self._path, map_location="cpu", weights_only=True)
        except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, OSError) as exc:
            reason = str(exc).partition("\n")[0] or type(exc).__name__
            raise CheckpointInvalid(
                f"{self._path}: cannot be read, so training cannot go on: {reason}; remove it to begin anew"
            ) from exc
        return table

    def save(self, table: Mapping[str, Any]) -> None:
        """Replace the file; a kill at any moment leaves the old one or the new one."""
        part = self._path.with_name(f".{self._path.name}.{os.getpid()}.part")
        try:
            with part.open("wb") as file:
                torch.save(dict(table), file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path)
        finally:
            part.unlink(missing_ok=True)

    def remove(self) -> None:
        """Forget it: the training is finished and its result written."""
        self._path.unlink(missing_ok=True)


def rng_states(*generators: torch.Generator) -> list[torch.Tensor]:
    """Return the states of generators, of torch's own, and of that of the GPU where there is one."""
    states = [generator.get_state() for generator in generators] + [torch.get_rng_state()]
    return states + (list(torch.cuda.get_rng_state_all()) if torch.cuda.is_available() else [])


def set_rng_states(states: Any, *generators: torch.Generator) -> None:
    """Put back what :func:`rng_states` returned."""
    for generator, state in zip(generators, states, strict=False):
        generator.set_state(state)
    torch.set_rng_state(states[len(generators)])
    if torch.cuda.is_available() and len(states) > len(generators) + 1:
        torch.cuda.set_rng_state_all(states[len(generators) + 1 :])
