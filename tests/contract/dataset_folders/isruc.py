"""ISRUC as published: EDF by another suffix, names that changed, a number a line and a blank one at the end."""

from __future__ import annotations

from pathlib import Path

from models.dataset import Key
from tests.contract.dataset_folders.nights import write_night

OLD = ["F3-A2", "C3-A2", "O1-A2", "F4-A1", "C4-A1", "O2-A1"]
NEW = ["F3-M2", "C3-M2", "O1-M2", "F4-M1", "C4-M1", "O2-M1"]


def make(folder: Path) -> dict[Key, list[str | float]]:
    for subject, names, eye in (("1", OLD, "LOC-A2"), ("12", NEW, "E1-M2")):
        write_night(folder / subject / f"{subject}.rec", 200.0, names, 150, [eye])
        (folder / subject / f"{subject}_1.txt").write_text("0\n1\n3\n5\n2\n\n")
        (folder / subject / f"{subject}_2.txt").write_text("not read\n")
    return {Key("001"): ["W", "N1", "N3", "R", "N2"], Key("012"): ["W", "N1", "N3", "R", "N2"]}
