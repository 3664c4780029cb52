"""EEGMAT as published: two EDF files a person, 500 Hz, 21 signals."""

from __future__ import annotations

from pathlib import Path

from models.dataset import Key
from tests.contract.dataset_folders.signals import noise_uv, write_edf

NAMES = "Fp1 Fp2 F3 F4 F7 F8 T3 T4 C3 C4 T5 T6 P3 P4 O1 O2 Fz Cz Pz A2-A1".split()


def make(folder: Path) -> dict[Key, list[str | float]]:
    labels: dict[Key, list[str | float]] = {}
    for subject in ("00", "04", "33"):
        for run, (label, seconds) in enumerate((("rest", 8), ("mental_arithmetic", 6)), start=1):
            rows = noise_uv(seconds * 500, 21, seed=run)
            write_edf(folder / f"Subject{subject}_{run}.edf", 500.0, [*(f"EEG {n}" for n in NAMES), "ECG ECG"], rows)
            if subject != "33":
                labels[Key(subject, run=str(run))] = [label]
    (folder / "subject-info.csv").write_text("Subject,Age,Gender\nSubject00,1971,female\n")
    return labels
