"""EEGMMIDB as published: a folder a person, names with dots, codes whose meaning differs by run."""

from __future__ import annotations

from pathlib import Path

from models.dataset import Key
from models.datasets.eegmmidb import CHANNELS
from tests.contract.dataset_folders.signals import noise_uv, write_edf

NAMES = [name.capitalize().ljust(4, ".") for name in CHANNELS]
EVENTS = [(0.0, 1.0, "T0"), (1.0, 4.1, "T2"), (5.1, 0.9, "T0"), (6.0, 4.1, "T1"), (10.1, 0.9, "T0")]


def make(folder: Path) -> dict[Key, list[str | float]]:
    meaning: dict[str, list[str | float]] = {
        "01": [],
        "04": ["right_fist", "left_fist"],
        "06": ["both_feet", "both_fists"],
    }
    for subject in ("S001", "S100"):
        for run in ("01", "03", "04", "05", "06"):
            events = [(0.0, 11.0, "T0")] if run == "01" else EVENTS
            path = folder / subject / f"{subject}R{run}.edf"
            write_edf(path, 160.0, NAMES, noise_uv(11 * 160, 64, seed=int(run)), events)
            path.with_suffix(".edf.event").write_bytes(b"not read")
    return {Key(subject, run=run): labels for subject in ("S001", "S100") for run, labels in meaning.items()}
