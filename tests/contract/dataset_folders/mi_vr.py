"""MI-EEG-BCI-VR as published: MATLAB files that say who the person is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.io import savemat

from models.dataset import Key
from tests.contract.dataset_folders.signals import noise_uv

WHO = {"Age": 1971.0, "Gender": "female", "Subject_Name": "Jane_Doe", "Date": "1999", "Remarks": "", "Session": "1"}


def make(folder: Path) -> dict[Key, list[str | float]]:
    for run, cues in ((1, [3, 1, 2, 1]), (4, [2, 2, 3])):
        data = 1e-6 * noise_uv(1792 * len(cues), 3, seed=run).reshape(len(cues), 1792, 3).transpose(2, 1, 0)
        savemat(
            folder / f"sample_trainingWitoutFeedback_r{run}.mat",
            {"Data": data, "cue_type": np.array([cues], float), "Run": str(run), **WHO},
        )
    savemat(folder / "sample_trainingWithFeedback.mat", {"Data": np.zeros((3, 2560, 2)), "cue_type": [[1.0, 2.0]]})
    return {
        Key("1", run="1"): ["feet", "left_hand", "right_hand", "left_hand"],
        Key("1", run="4"): ["right_hand", "right_hand", "feet"],
    }
