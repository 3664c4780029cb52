"""The two files of every checkpoint, ``weights.safetensors`` and ``card.json``: written whole, read checked."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load as parse_tensors
from safetensors.numpy import save as serialise_tensors

from pipelines.errors import CheckpointInvalid
from pipelines.plugins import explain

WEIGHTS, CARD = "weights.safetensors", "card.json"
AnyCard = TypeVar("AnyCard", bound=BaseModel)


def write(folder: Path, card: BaseModel, tensors: Mapping[str, Any]) -> Path:
    """Write both files; return the folder.

    Both are complete on the disk before they take their names. A kill between the two renames leaves weights that the
    card's hash does not fit, which :func:`read_tensors` refuses.

    Parameters
    ----------
    folder
        Made if absent; a checkpoint in it is replaced.
    card
        Has ``weights_sha256``, ``code_version`` and ``created``, which are filled in.
    tensors
        NumPy arrays or torch tensors, by name.

    Raises
    ------
    CheckpointInvalid
        If a value is not finite or the card is not JSON-able.
    OSError
        If the folder cannot be written.
    """
    weights = serialise_tensors({name: _array(name, tensor) for name, tensor in tensors.items()})
    table = card.model_dump(mode="json")
    table["weights_sha256"] = hashlib.sha256(weights).hexdigest()
    table["code_version"] = table["code_version"] or _code_version()
    table["created"] = table["created"] or datetime.now(UTC).isoformat(timespec="seconds")
    try:
        text = json.dumps(table, indent=1, allow_nan=False)
    except ValueError as exc:
        raise CheckpointInvalid(f"{folder / CARD}: the card holds what JSON cannot: {exc}") from exc
    folder.mkdir(parents=True, exist_ok=True)
    _replace_files(folder, {WEIGHTS: weights, CARD: (text + "\n").encode()})
    return folder


def read_as(model: type[AnyCard], path: Path, newest: int) -> AnyCard:
    """Read a card.

    Raises
    ------
    CheckpointInvalid
        If it is missing, damaged, or its ``format_version`` is above ``newest``.
    """
    table = _parse_json(path, _read(path))
    found = table.get("format_version")
    if isinstance(found, int) and found > newest:
        raise CheckpointInvalid(
            f"{path}: format_version {found} is newer than {newest}, the newest known here: update bci-app"
        )
    try:
        return model.model_validate(table)
    except ValidationError as exc:
        raise CheckpointInvalid(explain(exc, str(path))) from exc


def read_tensors(path: Path, sha256: str) -> dict[str, NDArray[Any]]:
    """Read weights whose hash the card tells.

    Raises
    ------
    CheckpointInvalid
        If the file is missing, damaged, of another hash, or holds values that are not finite.
    """
    weights = _read(path)
    if weights[8:9] != b"{":  # every safetensors file has its JSON header there
        raise CheckpointInvalid(f"{path}: not a safetensors file (pickles are never read): export the weights again")
    if hashlib.sha256(weights).hexdigest() != sha256:
        raise CheckpointInvalid(f"{path}: cut short or changed: its SHA-256 is not the card's; get the folder again")
    try:
        tensors: dict[str, NDArray[Any]] = parse_tensors(weights)
    except (SafetensorError, KeyError) as exc:  # KeyError: a dtype that NumPy does not have
        raise CheckpointInvalid(f"{path}: not a readable safetensors file: {exc}") from exc
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise CheckpointInvalid(f"{path}: tensor {name!r} holds values that are not finite: train it again")
    return tensors


def _array(name: str, tensor: Any) -> NDArray[Any]:
    """Return a tensor as a contiguous array in memory of its own; torch tensors come off their device."""
    array = np.ascontiguousarray(tensor.detach().cpu().numpy() if hasattr(tensor, "detach") else tensor)
    if not np.isfinite(array).all():
        raise CheckpointInvalid(f"tensor {name!r} holds values that are not finite: it is not saved")
    # ascontiguousarray turns a scalar into a vector; the shape is part of the checkpoint.
    return array.reshape(np.shape(tensor))


def _code_version() -> str:
    try:
        return version("bci-app")
    except PackageNotFoundError:
        return "unknown"  # run from a source tree that was never installed


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as exc:
        raise CheckpointInvalid(
            f"{path.parent}: no checkpoint: {path.name} is missing; get the folder again or train one (bci-app train)"
        ) from exc
    except OSError as exc:
        raise CheckpointInvalid(f"{path}: cannot be read: {exc.strerror}") from exc


def _parse_json(path: Path, data: bytes) -> dict[str, Any]:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is no number of JSON")

    try:
        table = json.loads(data.decode(), parse_constant=refuse)
    except (ValueError, RecursionError) as exc:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise CheckpointInvalid(f"{path}: not valid JSON: {exc}; get the folder again") from exc
    if not isinstance(table, dict):
        raise CheckpointInvalid(f"{path}: not a card: a JSON object is needed; get the folder again")
    return table


def _replace_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write all files beside their final names, flush them to the disk, then rename in the given order."""
    parts = {folder / f".{name}.{os.getpid()}.part": folder / name for name in contents}
    try:
        for part, data in zip(parts, contents.values(), strict=True):
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for part, final in parts.items():
            part.replace(final)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    if os.name == "posix":  # the renames themselves reach the disk with the folder
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
