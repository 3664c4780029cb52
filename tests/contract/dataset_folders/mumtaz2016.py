"""Mumtaz 2016 as published: names with spaces, one with a number before it, a task that is not read."""

from __future__ import annotations

from pathlib import Path

from models.dataset import Key
from models.datasets.mumtaz2016 import CHANNELS
from tests.contract.dataset_folders.signals import noise_uv, write_edf

OLD = {"T7": "T3", "T8": "T4", "P7": "T5", "P8": "T6"}


def make(folder: Path) -> dict[Key, list[str | float]]:
    names = [f"EEG {OLD.get(name, name)}-LE" for name in CHANNELS] + ["EEG A2-A1", "EEG 23A-23R"]
    for stem in ("H S1 EC", "H S15 EO", "6921143_H S15 EO", "MDD S2  EO", "MDD S10 EC", "MDD S10 TASK"):
        write_edf(folder / f"{stem}.edf", 256.0, names, noise_uv(256 * 6, len(names)))
    return {
        Key("H01", run="EC"): ["healthy"],
        Key("H15", run="EO"): ["healthy"],
        Key("H15", run="EO-6921143"): ["healthy"],
        Key("MDD02", run="EO"): ["depressed"],
        Key("MDD10", run="EC"): ["depressed"],
    }
