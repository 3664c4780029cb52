"""Counts in an .npz, spike times in a .mat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.io import savemat

from models.dataset import Key


def make(folder: Path) -> Mapping[Key, Sequence[str]]:
    luck = np.random.default_rng(2)
    trials = {
        "trial_start_s": np.array([0.0, 2.0]),
        "trial_stop_s": np.array([1.0, 3.0]),
        "trial_label": np.array(["left", "right"]),
    }
    np.savez(
        folder / "A_1.npz",
        counts=luck.poisson(1.0, (200, 7)),
        bin_s=0.02,
        covariate_velocity=luck.standard_normal((200, 2)),
        rate_hz_velocity=50.0,
        **trials,
    )
    savemat(
        folder / "B_1.mat",
        {"spike_times": luck.uniform(0, 4, 300), "spike_unit": luck.integers(0, 5, 300), **trials},
    )
    return {Key("A", "1"): ["left", "right"], Key("B", "1"): ["left", "right"]}
