"""EDF files as the TUH EEG Corpus writes them: old names, a reference, leads of the wake and of the heart."""

from __future__ import annotations

from pathlib import Path

from tests.contract.dataset_folders.signals import noise_uv, write_edf

# fmt: off
ELECTRODES = ("FP1", "FP2", "F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2", "F7", "F8", "T3", "T4", "T5", "T6",
              "A1", "A2", "FZ", "CZ", "PZ", "T1", "T2")
# fmt: on


def write_tuh(path: Path, seconds: int, reference: str = "REF", seed: int = 0) -> None:
    names = [f"EEG {name}-{reference}" for name in ELECTRODES]
    names = ["EEG ROC-REF", *names, "EEG 26-REF", "EEG EKG1-REF", "PHOTIC-REF"]
    write_edf(path, 250.0, names, noise_uv(250 * seconds, len(names), seed))
