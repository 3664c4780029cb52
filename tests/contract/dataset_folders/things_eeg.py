"""THINGS-EEG2, source data: BrainVision files, and behaviour in MATLAB structures that also say who the person is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.io import savemat

from models.dataset import Key
from models.datasets.things_eeg import CHANNELS, N_PICTURES
from tests.contract.dataset_folders.signals import noise_uv

HEADER = """Brain Vision Data Exchange Header File Version 1.0
[Common Infos]
DataFile={base}.eeg
MarkerFile={base}.vmrk
DataFormat=BINARY
DataOrientation=MULTIPLEXED
NumberOfChannels=63
SamplingInterval=1000
[Binary Infos]
BinaryFormat=IEEE_FLOAT_32
[Channel Infos]
{channels}
"""
MARKERS = """Brain Vision Data Exchange Marker File, Version 1.0
[Common Infos]
DataFile={base}.eeg
[Marker Infos]
Mk1=New Segment,,1,1,0,19990101120000000000
{markers}
"""


def write_run(home: Path, stem: str, pictures: Sequence[int], seed: int) -> None:
    """Pictures every 0.2 s from 0.5 s on; 0 is a target."""
    for name in ("eeg", "beh"):
        (home / name).mkdir(parents=True, exist_ok=True)
    base = f"{stem}_eeg"
    onsets = 501 + 200 * np.arange(len(pictures))
    rows = noise_uv(int(onsets[-1]) + 1100, 63, seed).astype("<f4")
    channels = "\n".join(f"Ch{n}={name},,1,µV" for n, name in enumerate(CHANNELS, start=1))
    markers = "\n".join(f"Mk{n}=Stimulus,S  1,{at},1,0" for n, at in enumerate(onsets, start=2))
    (home / "eeg" / f"{base}.vhdr").write_text(HEADER.format(base=base, channels=channels), encoding="utf-8")
    (home / "eeg" / f"{base}.vmrk").write_text(MARKERS.format(base=base, markers=markers), encoding="utf-8")
    (home / "eeg" / f"{base}.eeg").write_bytes(rows.tobytes())
    numbers = {"tot_img_number": np.array([pictures], float)}
    data = {"subject": {"name": "Jane_Doe", "gender": "female"}, "date": "1999", "images": numbers}
    savemat(home / "beh" / f"{stem}_beh.mat", {"data": data})


def make(folder: Path) -> dict[Key, list[str | float]]:
    labels: dict[Key, list[str | float]] = {}
    for subject, session in (("sub-01", "ses-01"), ("sub-10", "ses-04")):
        home = folder / subject / session
        for part, pictures in ((1, [16540, 0, 3]), (5, [7, 8])):
            write_run(home, f"{subject}_{session}_task-train_part-{part:02d}", pictures, part)
            labels[Key(subject, session, f"train-{part}")] = [f"train-{n:05d}" for n in pictures if n]
        write_run(home, f"{subject}_{session}_task-test", [200, 1, 200, 0], 9)
        labels[Key(subject, session, "test")] = ["test-00200", "test-00001", "test-00200"]
    for task, n in N_PICTURES.items():
        np.save(folder / f"{task}.npy", np.arange(2 * n, dtype=np.float32).reshape(n, 2))
    return labels


def settings(folder: Path) -> dict[str, str]:
    """Name the features that the user brings."""
    return {f"{task}_features": f"{task}.npy" for task in N_PICTURES}
