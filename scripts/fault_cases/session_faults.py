"""Faults before anything runs: damaged checkpoints, wrong session files."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from scripts.fault_cases.processes import ROOT, session_text
from scripts.fault_cases.result import Result
from scripts.fault_cases.trials import refused

SHIPPED = ROOT / "models" / "shipped" / "workload"
SYNTHETIC: dict[str, object] = {"kind": "synthetic"}


def _checkpoint(fault: str, done: str, folder: Path, damage: Callable[[Path], None]) -> Result:
    copy = folder / "checkpoint"
    shutil.copytree(SHIPPED, copy)
    damage(copy)
    session = session_text(SYNTHETIC, folder=folder / "recordings", decoder=f'name = "{copy}"')
    return refused(f"checkpoint: {fault}", done, folder, session)


def checkpoint_cut_short(folder: Path) -> Result:
    """Cut the weights to half."""

    def damage(copy: Path) -> None:
        weights = copy / "weights.safetensors"
        weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])

    return _checkpoint("cut short", "the second half of weights.safetensors is missing", folder, damage)


def checkpoint_other_shape(folder: Path) -> Result:
    """Drop the last row of every tensor."""
    return _checkpoint(
        "wrong shape", "tensors without their last row, hash in the card renewed", folder, _changed(lambda t: t[:-1])
    )


def checkpoint_nan(folder: Path) -> Result:
    """Put NaN into every tensor."""
    return _checkpoint(
        "NaN weights", "all weights NaN, hash in the card renewed", folder, _changed(lambda t: t * np.nan)
    )


def checkpoint_pickle(folder: Path) -> Result:
    """Put a pickle in the place of the weights; it would make a file if it were read."""
    trap = folder / "unpickled"

    def damage(copy: Path) -> None:
        (copy / "weights.safetensors").write_bytes(pickle.dumps(_Trap(trap)))

    found = _checkpoint("a pickle", "a pickle that runs code when it is read, as weights.safetensors", folder, damage)
    if trap.exists():
        raise SystemExit("the pickle was read")
    return found


def checkpoint_edited_card(folder: Path) -> Result:
    """Delete a channel from the card."""

    def damage(copy: Path) -> None:
        card = copy / "card.json"
        table = json.loads(card.read_text(encoding="utf-8"))
        table["spec"]["channels"] = table["spec"]["channels"][:-1]
        card.write_text(json.dumps(table), encoding="utf-8")

    return _checkpoint("edited card", "one channel deleted from card.json", folder, damage)


class _Trap:
    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> tuple[Callable[..., object], tuple[Path]]:
        return Path.touch, (self._file,)


def _changed(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    """Return what changes all tensors that have a length, and the hash in the card with them."""

    def damage(copy: Path) -> None:
        weights, card = copy / "weights.safetensors", copy / "card.json"
        tensors = load_file(weights)
        save_file({k: np.ascontiguousarray(change(t)) if t.ndim else t for k, t in tensors.items()}, weights)
        table = json.loads(card.read_text(encoding="utf-8"))
        table["weights_sha256"] = hashlib.sha256(weights.read_bytes()).hexdigest()
        card.write_text(json.dumps(table), encoding="utf-8")

    return damage


def _session(fault: str, done: str, folder: Path, change: Callable[[str], str]) -> Result:
    text = session_text(SYNTHETIC, folder=folder / "recordings")
    return refused(f"session file: {fault}", done, folder, change(text))


def session_bad_toml(folder: Path) -> Result:
    """Leave out a bracket."""
    return _session("not TOML", "a bracket is missing", folder, lambda text: text.replace("[source]", "[source"))


def session_unknown_key(folder: Path) -> Result:
    """Misspell a key."""
    return _session(
        "unknown key",
        "`hop = 0.5` in [decoder]",
        folder,
        lambda text: text.replace("[decoder]", "[decoder]\nhop = 0.5"),
    )


def session_wrong_value(folder: Path) -> Result:
    """Give a value out of its bounds."""
    return _session(
        "wrong value", "`rate_hz = -1`", folder, lambda text: text.replace("[source]", "[source]\nrate_hz = -1")
    )


def session_unknown_plugin(folder: Path) -> Result:
    """Name a source that does not exist."""
    return _session("unknown plug-in", "kind = 'openbci'", folder, lambda text: text.replace("synthetic", "openbci"))


def session_missing(folder: Path) -> Result:
    """Name a recording of rest that does not exist."""
    return _session(
        "missing recording",
        "[decoder.calibration] names a file that does not exist",
        folder,
        lambda text: text.replace("rest_s = 4.0", 'file = "rest.edf"'),
    )


CASES = (
    checkpoint_cut_short,
    checkpoint_other_shape,
    checkpoint_nan,
    checkpoint_pickle,
    checkpoint_edited_card,
    session_bad_toml,
    session_unknown_key,
    session_wrong_value,
    session_unknown_plugin,
    session_missing,
)
