"""Siena as published: lists by hand, with their slips, and seizures behind midnight."""

from __future__ import annotations

from datetime import time
from pathlib import Path

from models.dataset import Key
from models.datasets.siena import CHANNELS
from tests.contract.dataset_folders.signals import noise_uv, write_edf

OLD = {"T7": "T3", "T8": "T4", "P7": "T5", "P8": "T6", "Fp2": "FP2", "FC1": "Fc1"}
HEAD = """Data Sampling Rate: 512 Hz
*************************
Channels in EDF Files:
**********************
Channel 1: Fp1
Channel 5: 1

"""
PN00 = """Seizure n 1
File name: PN00-1.edf
Registration start time: 23.59.50
Registration end time:  00.00.20
Seizure start time: 23.59.58
Seizure end time: 00.00.03

Seizure n2 (B3):
File name: PN00-4.5.edf
Registration start time: 1 0.00.00
Registration end time: 10.00.30
Seizure start time: 10.00.00 (CLINICAL ONSET); 10.00.02 (ELECTRIC ONSET)
Seizure end time: 10.00.04 opure 10.00.03

Seizure n 3:
File name: PN00-4.5.edf
Seizure start time: 10:00.20
Seizure end time: 10.00.30
"""
PN06 = """File name: PNO6-1.edf
Registration start time: 09.00.00
Registration end time: 09.00.30

Seizure n 1
Start time: 12.00.10
End time: 12.00.20
"""


def make(folder: Path) -> dict[Key, list[str | float]]:
    names = [f"EEG {OLD.get(name, name)}" for name in CHANNELS] + ["EKG EKG", "SPO2", "1"]
    for stem, starts in (("PN00-1", time(23, 59, 50)), ("PN00-4.5", time(10)), ("PN06-1", time(12))):
        write_edf(folder / stem[:4] / f"{stem}.edf", 512.0, names, noise_uv(512 * 30, len(names)), starts=starts)
    for subject, text in (("PN00", PN00), ("PN06", PN06)):
        (folder / subject / f"Seizures-list-{subject}.txt").write_text(HEAD + text)
    return {
        Key("PN00", run="1"): ["background", "seizure", "background"],
        Key("PN00", run="4.5"): ["seizure", "background", "seizure"],
        Key("PN06", run="1"): ["background", "seizure", "background"],
    }
