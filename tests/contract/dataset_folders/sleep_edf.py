"""Sleep-EDF as published: hypnograms with two old stages of deep sleep, movement, and a tail that was not scored."""

from __future__ import annotations

from pathlib import Path

from models.dataset import Key
from tests.contract.dataset_folders.nights import write_night
from tests.contract.dataset_folders.signals import write_edf

STAGES = [
    (0.0, 60.0, "Sleep stage W"),
    (60.0, 30.0, "Sleep stage 1"),
    (90.0, 30.0, "Movement time"),
    (120.0, 30.0, "Sleep stage 3"),
    (150.0, 30.0, "Sleep stage 4"),
    (180.0, 300.0, "Sleep stage R"),
    (480.0, 4000.0, "Sleep stage ?"),
]


def make(folder: Path) -> dict[Key, list[str | float]]:
    for psg, hypnogram in (("SC4001E0", "SC4001EC"), ("SC4002E0", "SC4002EC"), ("SC4801G0", "SC4801GC")):
        home = folder / "sleep-cassette"
        write_night(home / f"{psg}-PSG.edf", 100.0, ["EEG Fpz-Cz", "EEG Pz-Oz"], 245, ["EOG horizontal"])
        write_edf(home / f"{hypnogram}-Hypnogram.edf", 1.0, [], [], STAGES)
    keys = (Key("00", "1"), Key("00", "2"), Key("80", "1"))
    return {key: ["W", "N1", "N3", "N3", "R"] for key in keys}
