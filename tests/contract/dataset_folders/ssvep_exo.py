"""SSVEP-Exoskeleton as published: FIF files with their events; one session stands under two people."""

from __future__ import annotations

import warnings
from pathlib import Path

import mne
import numpy as np

from models.dataset import Key
from tests.contract.dataset_folders.signals import noise_uv

CHANNELS = ["Oz", "O1", "O2", "PO3", "POz", "PO7", "PO8", "PO4"]
CODES = (1, 1, 2, 3, 4)
RATE_HZ = 256.0


def _write(base: Path, seed: int) -> None:
    base.parent.mkdir(exist_ok=True)
    n_samples = round(RATE_HZ * 7 * len(CODES))
    raw = mne.io.RawArray(
        1e-3 * noise_uv(n_samples, 8, seed).T, mne.create_info(CHANNELS, RATE_HZ, "eeg"), first_samp=512, verbose=False
    )
    raw.info["subject_info"] = {"his_id": "JDOE", "last_name": "Jane_Doe"}
    at = 512 + round(RATE_HZ) * (1 + 6 * np.arange(len(CODES)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the published names are outside MNE's conventions
        raw.save(base.with_name(base.name + "_raw.fif"), verbose=False)
        mne.write_events(
            base.with_name(base.name + "-eve.fif"), np.stack([at, 0 * at, np.array(CODES)], axis=1), verbose=False
        )


def make(folder: Path) -> dict[Key, list[str | float]]:
    labels: list[str | float] = ["rest", "rest", "13 Hz", "21 Hz", "17 Hz"]
    _write(folder / "subject01" / "record-[1999.07.06-19.02.16]", 1)
    _write(folder / "subject01" / "record-[1999.07.06-19.06.14]", 2)
    _write(folder / "subject07" / "record-[2012.07.11-15.33.08]", 3)
    _write(folder / "subject07" / "record-[2012.07.18-09.15.30]", 4)
    return {Key("subject01", "1"): labels, Key("subject01", "2"): labels, Key("subject07", "1"): labels}
