"""Two mice that saw one film in common; films end in NaN, as published ones do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from models.dataset import Key

FRAMES, LENGTH = 24, 20
COMMON = "film of both"


def _save(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, values)


def make(folder: Path) -> Mapping[Key, Sequence[str]]:
    """Labels are hashes of films: they are told as None and checked by the loader's own test."""
    common = np.random.default_rng(5).integers(0, 256, (64, 128, LENGTH))
    for seed, name in enumerate(("29156-11-10", "29515-10-12")):
        home = folder / f"dynamic{name}-Video-9b4f6a1a067fe51e15306b9628efea20"
        luck = np.random.default_rng(seed)
        for trial in range(3):
            film = common if trial == 1 else luck.integers(0, 256, (64, 128, LENGTH))
            ended = [
                np.full((*v.shape[:-1], FRAMES), np.nan, np.float32) for v in (film, np.empty((9, 1)), np.empty((2, 1)))
            ]
            ended[0][..., :LENGTH] = film
            ended[1][..., :LENGTH] = luck.gamma(1.0, 1.0, (9, LENGTH))
            ended[2][..., :LENGTH] = luck.standard_normal((2, LENGTH))
            for kind, values in zip(("videos", "responses", "behavior"), ended, strict=True):
                _save(home / "data" / kind / f"{trial}.npy", values)
        _save(home / "meta" / "trials" / "tiers.npy", np.array(["train", "oracle", "live_test_main"]))
        _save(home / "meta" / "neurons" / "cell_motor_coordinates.npy", luck.uniform(-200, 200, (9, 3)))
    return {Key(name, "1", "films"): ["", ""] for name in ("29156-11-10", "29515-10-12")}
