"""SEED as published: sessions named by subject and date, clips named by initials."""

from __future__ import annotations

from pathlib import Path

from scipy.io import savemat

from models.dataset import Key
from tests.contract.dataset_folders.signals import noise_uv

LABELS = (1, 0, -1, -1, 0, 1, -1, 0, 1, 1, 0, -1, 0, 1, -1)
NAMES = {-1: "negative", 0: "neutral", 1: "positive"}


def make(folder: Path) -> dict[Key, list[str | float]]:
    home = folder / "Preprocessed_EEG"
    home.mkdir()
    labels: dict[Key, list[str | float]] = {}
    for subject, session, name in (("01", "1", "1_20131027"), ("01", "3", "1_20131107"), ("15", "2", "15_20131016")):
        savemat(home / f"{name}.mat", {f"JDOE_eeg{n}": noise_uv(250 + n, 62, seed=n).T for n in range(1, 16)})
        labels |= {Key(subject, session, f"{n:02d}"): [NAMES[code]] for n, code in enumerate(LABELS, start=1)}
    savemat(home / "label.mat", {"label": [list(LABELS)]})
    return labels
