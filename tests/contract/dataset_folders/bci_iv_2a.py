"""BCI Competition IV 2a as BNCI Horizon 2020 distributes it: rows of structures that also say who the person is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import savemat

from models.dataset import Key
from tests.contract.dataset_folders.signals import noise_uv

NAMES = {1: "left_hand", 2: "right_hand", 3: "feet", 4: "tongue"}


def _run(codes: list[int], seed: int) -> dict[str, Any]:
    n_samples = 250 * (2 + 7 * max(len(codes), 1))
    return {
        "X": noise_uv(n_samples, 25, seed),
        "trial": 1.0 + 250.0 * (1 + 7 * np.arange(len(codes)))[:, None],
        "y": np.array(codes, float)[:, None],
        "fs": 250.0,
        "classes": list(NAMES.values()),
        "artifacts": np.zeros((len(codes), 1)),
        "gender": "female",
        "age": 1971.0,
    }


def _write(path: Path, n_without: int, codes: list[list[int]]) -> None:
    runs = [_run([], 100 + seed) for seed in range(n_without)] + [_run(c, seed) for seed, c in enumerate(codes)]
    row = np.empty((1, len(runs)), dtype=object)
    row[0] = runs
    savemat(path, {"data": row})


def make(folder: Path) -> dict[Key, list[str | float]]:
    codes = [[1 + (run + n) % 4 for n in range(2)] for run in range(6)]
    labels: dict[Key, list[str | float]] = {}
    for subject, session, n_without in (("A01", "T", 3), ("A01", "E", 3), ("A04", "T", 1)):
        _write(folder / f"{subject}{session}.mat", n_without, codes)
        for run, of_run in enumerate(codes, start=1):
            labels[Key(subject, session, str(run))] = [NAMES[code] for code in of_run]
        if n_without == 3:
            labels |= {Key(subject, session, run): [] for run in ("eyes_open", "eyes_closed")}
    return labels
