"""TUAB as published: the label is a folder; one person of train has recordings of both classes."""

from __future__ import annotations

from pathlib import Path

from models.dataset import Key
from tests.contract.dataset_folders.tuh_files import write_tuh


def make(folder: Path) -> dict[Key, list[str | float]]:
    recordings = {
        "train/normal": ("aaaaaaaq_s004_t000", "aaaaaabd_s001_t000"),
        "train/abnormal": ("aaaaaaaq_s005_t001",),
        "eval/normal": ("aaaaacad_s003_t000",),
        "eval/abnormal": ("aaaaabdo_s003_t000",),
    }
    for home, stems in recordings.items():
        for stem in stems:
            write_tuh(folder / home / "01_tcp_ar" / f"{stem}.edf", 12)
    return {Key(*stem.split("_")): [home.split("/")[1]] for home, stems in recordings.items() for stem in stems}
