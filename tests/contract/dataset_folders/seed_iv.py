"""SEED-IV as published: a folder a session, files named by subject and date, clips named by initials."""

from __future__ import annotations

from pathlib import Path

from scipy.io import savemat

from models.dataset import Key
from tests.contract.dataset_folders.signals import noise_uv

CLASSES = ("neutral", "sad", "fear", "happy")
LABELS = {"1": "123020010121112322330303", "3": "122133311210233023002010"}


def make(folder: Path) -> dict[Key, list[str | float]]:
    labels: dict[Key, list[str | float]] = {}
    for subject, session, name in (("01", "1", "1_19990518"), ("15", "1", "15_19990508"), ("01", "3", "1_19990527")):
        home = folder / "eeg_raw_data" / session
        home.mkdir(parents=True, exist_ok=True)
        savemat(home / f"{name}.mat", {f"JDOE_eeg{n}": noise_uv(210 + n, 62, seed=n).T for n in range(1, 25)})
        labels |= {Key(subject, session, f"{n:02d}"): [CLASSES[int(c)]] for n, c in enumerate(LABELS[session], start=1)}
    return labels
