"""Muse N170 as published, with the unusable recordings and the one that stands there twice."""

from __future__ import annotations

from pathlib import Path

from models.dataset import Key
from tests.contract.dataset_folders.muse_files import write_csv


def make(folder: Path) -> dict[Key, list[str | float]]:
    write_csv(folder / "subject3/session1/data_2018-05-14-19.14.37.csv", [1, 2], "Marker0", 100.0)
    write_csv(folder / "subject3/session1/data_2018-05-14-19.38.10.csv", [2, 1, 2], "Marker0", 100.0, seed=1)
    write_csv(folder / "subject3/session2/data_2018-05-14-19.35.55.csv", [1, 1], "Marker0", 100.0)
    write_csv(folder / "subject3/session2/data_2018-05-14-19.38.10.csv", [2, 1, 2], "Marker0", 100.0, seed=1)
    write_csv(folder / "subject3/session3/recording_2018-05-31-16.03.39.csv.csv", [1], "Marker0", 100.0)
    write_csv(folder / "subject11/session1/recording_2018-06-06-18.42.19.csv.csv", [2, 2], "Marker0", 100.0)
    return {
        Key("subject3", "1", "01"): ["house", "face"],
        Key("subject3", "2", "01"): ["house", "house"],
        Key("subject3", "2", "02"): ["face", "house", "face"],
        Key("subject11", "1", "01"): ["face", "face"],
    }
