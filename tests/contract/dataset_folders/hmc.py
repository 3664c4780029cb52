"""HMC as published: scoring as a table with remarks in it, and past the end of the recording."""

from __future__ import annotations

from pathlib import Path

from models.dataset import Key
from tests.contract.dataset_folders.nights import write_night

SCORING = """Date, Time, Recording onset, Duration, Annotation, Linked channel
01.01.99, 22.30.05, 0, 30, Sleep stage W, \n01.01.99, 22.30.35, 30, 30, Sleep stage N1, \n\
01.01.99, 22.30.41, 36.28, 0, Lights off, Body position
01.01.99, 22.31.05, 60, 30, Sleep stage N2, \n01.01.99, 22.31.35, 90, 30, Sleep stage R, \n\
01.01.99, 22.32.05, 120, 30, Sleep stage W, \n"""


def make(folder: Path) -> dict[Key, list[str | float]]:
    for subject in ("SN001", "SN154"):
        path = folder / "recordings" / f"{subject}.edf"
        write_night(path, 256.0, ["EEG F4-M1", "EEG C4-M1", "EEG O2-M1", "EEG C3-M2"], 125, ["EOG E1-M2", "EMG chin"])
        (path.parent / f"{subject}_sleepscoring.txt").write_text(SCORING)
        (path.parent / f"{subject}_sleepscoring.edf").write_bytes(b"not read")
    return {Key(subject): ["W", "N1", "N2", "R"] for subject in ("SN001", "SN154")}
