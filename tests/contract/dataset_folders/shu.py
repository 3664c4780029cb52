"""SHU-MI as published: trials in MATLAB files; figshare spells some names with a capital."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.io import savemat

from models.dataset import Key
from tests.contract.dataset_folders.signals import noise_uv


def make(folder: Path) -> dict[Key, list[str | float]]:
    names = {1: "left_hand", 2: "right_hand"}
    labels: dict[Key, list[str | float]] = {}
    for stem, key, codes in (
        ("sub-001_ses-01", Key("001", "01"), [2, 1, 1]),
        ("sub-001_ses-02", Key("001", "02"), [1, 2]),
        ("Sub-025_ses-05", Key("025", "05"), [2, 2]),
    ):
        data = noise_uv(1000 * len(codes), 32, seed=len(codes)).reshape(len(codes), 1000, 32).transpose(0, 2, 1)
        savemat(folder / f"{stem}_task_motorimagery_eeg.mat", {"data": data, "labels": np.array([codes])})
        labels[key] = [names[code] for code in codes]
    return labels
