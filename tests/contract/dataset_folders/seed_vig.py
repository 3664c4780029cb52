"""SEED-VIG as published, with few labels; somebody was recorded twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.io import savemat

from models.dataset import Key
from tests.contract.dataset_folders.signals import noise_uv


def make(folder: Path) -> dict[Key, list[str | float]]:
    labels: dict[Key, list[str | float]] = {}
    published = (
        (Key("01"), "1_20151124_noon_2", [0.1, 0.25, 0.9]),
        (Key("04", "1"), "4_20151105_noon", [0.5, 0.0]),
        (Key("04", "2"), "4_20151107_noon", [0.75, 1.0]),
    )
    for number, (key, name, perclos) in enumerate(published):
        for home in ("Raw_Data", "perclos_labels"):
            (folder / home).mkdir(exist_ok=True)
        rows = noise_uv(1600 * len(perclos), 17, seed=number)
        eeg = {"data": rows, "chn": ["FT7"], "node_number": 17.0, "sample_rate": 200.0}
        savemat(folder / "Raw_Data" / f"{name}.mat", {"EEG": eeg})
        savemat(folder / "perclos_labels" / f"{name}.mat", {"perclos": np.array(perclos)[:, None]})
        labels[key] = list(perclos)
    return labels
