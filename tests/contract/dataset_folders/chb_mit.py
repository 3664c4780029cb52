"""CHB-MIT as published: channels that change between files, a doubled one, two ways to number seizures."""

from __future__ import annotations

from pathlib import Path

from models.dataset import Key
from models.datasets.chb_mit import CHANNELS
from tests.contract.dataset_folders.signals import noise_uv, write_edf

BIPOLAR = [name.upper() for name in CHANNELS] + ["FZ-CZ", "T7-FT9", "T8-P8"]
REFERENTIAL = ["FP1-CS2", "F7-CS2", "C3-CS2"]
RULE = "*" * 22


def channels(names: list[str]) -> str:
    lines = [f"Channel {number}: {name}" for number, name in enumerate(names, start=1)]
    return "\n".join(["Channels in EDF Files:", RULE, *lines, f"Channel {len(names) + 1}: -", "", ""])


def make(folder: Path) -> dict[Key, list[str | float]]:
    summary = "Data Sampling Rate: 256 Hz\n" + "*" * 25 + "\n\n" + channels(BIPOLAR)
    summary += (
        "File Name: chb01_01.edf\nFile Start Time: 23:42:54\nFile End Time: 24:42:54\nNumber of Seizures in File: 0\n\n"
    )
    summary += "File Name: chb01_03.edf\nNumber of Seizures in File: 2\n"
    summary += "Seizure 1 Start Time: 5 seconds\nSeizure 1 End Time: 9 seconds\n"
    summary += "Seizure 2 Start Time: 20 seconds\nSeizure 2 End Time: 30 seconds\n\n"
    summary += "File Name: chb01_99.edf\nNumber of Seizures in File: 0\n\n"  # is not there
    (folder / "chb01").mkdir()
    (folder / "chb01/chb01-summary.txt").write_text(summary)
    later = channels(REFERENTIAL) + "File Name: chb17a_01.edf\nNumber of Seizures in File: 0\n\nChannels changed:\n"
    later += channels(BIPOLAR) + "File Name: chb17a_03.edf\nNumber of Seizures in File: 1\n"
    later += "Seizure Start Time:  0 seconds\nSeizure End Time: 12 seconds\n"
    (folder / "chb17").mkdir()
    (folder / "chb17/chb17-summary.txt").write_text(later)
    for name in ("chb01/chb01_01", "chb01/chb01_03", "chb17/chb17a_03"):
        write_edf(folder / f"{name}.edf", 256.0, BIPOLAR, noise_uv(256 * 30, len(BIPOLAR)))
    write_edf(folder / "chb17/chb17a_01.edf", 256.0, REFERENTIAL, noise_uv(256 * 30, 3))
    return {
        Key("chb01", run="01"): ["background"],
        Key("chb01", run="03"): ["background", "seizure", "background", "seizure"],
        Key("chb17", run="a_03"): ["seizure", "background"],
    }
