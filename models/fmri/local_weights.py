"""Weights of others' backbones out of local files; nothing is unpickled and nothing downloaded."""

from __future__ import annotations

import hashlib
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from pipelines.errors import CheckpointInvalid, ConfigError


def load_state(path: Path, embedder: str) -> dict[str, Any]:
    """Return tensors by name.

    Raises
    ------
    ConfigError
        If no file is named.
    CheckpointInvalid
        If it is absent, damaged, or holds anything but tensors.
    """
    if path == Path():
        raise ConfigError(f"{embedder}: weights = '': name a local file of weights; none comes with the program")
    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        found: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, SafetensorError, UnpicklingError, RuntimeError, EOFError) as exc:
        raise CheckpointInvalid(f"{path}: cannot be read as weights: {exc}") from exc
    return found


def short_hash(path: Path) -> str:
    """Return the first digits of a file's SHA-256: the version of an embedder is its weights."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
