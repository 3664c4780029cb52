"""Both files, with few units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.io import savemat

from models.dataset import Key
from models.spikes.loaders.monkey_two import CONDITIONS, N_BINS, N_TRIALS


def make(folder: Path) -> Mapping[Key, Sequence[str]]:
    luck = np.random.default_rng(3)
    direction = np.tile(np.arange(1, 9), 8)
    for monkey, conditions in CONDITIONS.items():
        values = {}
        for variable in conditions.values():
            values[f"{variable}_neural"] = (luck.random((N_TRIALS * N_BINS, 3)) < 0.01).astype(np.uint8)
            values[f"{variable}_trial"] = np.repeat(direction, N_BINS)[:, None].astype(np.uint8)
        savemat(folder / f"dati_mirco_18_03_{monkey.lower()}.mat", values)
    labels = [f"direction {d}" for d in direction]
    return {Key(monkey, "1", condition): labels for monkey, table in CONDITIONS.items() for condition in table}
