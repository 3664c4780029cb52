"""Both files; the runs of one monkey differ in their units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.io import savemat

from models.dataset import Key


def make(folder: Path) -> Mapping[Key, Sequence[str]]:
    luck = np.random.default_rng(4)
    for monkey, n_units in (("mihi", (5, 6)), ("chewie", (4, 4))):
        values = {}
        for run, n in zip(("tr", "te"), n_units, strict=True):
            values[f"Y{run}"] = luck.poisson(2.0, (50, n)).astype(float)
            values[f"X{run}"] = luck.standard_normal((50, 2))
            values[f"T{run}"] = luck.integers(0, 4, (50, 1)).astype(float)
        savemat(folder / f"{monkey}_demo.mat", values)
    return {Key(monkey, "1", run): [] for monkey in ("mihi", "chewie") for run in ("tr", "te")}
