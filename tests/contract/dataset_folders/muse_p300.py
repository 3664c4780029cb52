"""Muse P300 as published, one file gzipped."""

from __future__ import annotations

from pathlib import Path

from models.dataset import Key
from tests.contract.dataset_folders.muse_files import write_csv


def make(folder: Path) -> dict[Key, list[str | float]]:
    write_csv(folder / "subject1/session1/data_1999-02-04-15_45_13.csv", [1, 2, 1], "Marker", 1486223115.0)
    write_csv(folder / "subject1/session1/data_1999-02-04-15_47_49.csv.gz", [2, 1], "Marker", 1486223275.0)
    write_csv(folder / "subject2/session2/data_1999-05-04-01.50.45.csv", [1, 1, 2], "Marker0", 61482.1)
    return {
        Key("subject1", "1", "01"): ["non_target", "target", "non_target"],
        Key("subject1", "1", "02"): ["target", "non_target"],
        Key("subject2", "2", "01"): ["non_target", "non_target", "target"],
    }
