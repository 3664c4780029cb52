"""A made EEGMAT folder: at rest a strong rhythm of 10 Hz over the back of the head, at work a weak one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.contract.dataset_folders.eegmat import NAMES
from tests.contract.dataset_folders.signals import noise_uv, write_edf

RATE_HZ = 200.0
BACK = [NAMES.index(name) for name in ("O1", "O2", "P3", "P4", "Pz")]


def rhythm(rng: np.random.Generator, n: int) -> np.ndarray:
    """Noise from 8 to 12 Hz, unit deviation: its phase wanders, so that it cannot be learnt by heart."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    frequencies = np.fft.rfftfreq(n, 1 / RATE_HZ)
    wave = np.fft.irfft(spectrum * ((frequencies >= 8) & (frequencies <= 12)), n)
    return wave / wave.std()


def make(folder: Path, n_people: int = 9, rest_s: int = 30, task_s: int = 20) -> Path:
    """Write people of different amplitude; return the folder."""
    for person in range(n_people):
        rng = np.random.default_rng(person)
        gain = np.exp(rng.uniform(-0.5, 0.5))
        for run, (seconds, level_uv) in enumerate(((rest_s, 30.0), (task_s, 6.0)), start=1):
            n = round(seconds * RATE_HZ)
            rows = noise_uv(n, len(NAMES), seed=100 * person + run)
            # Each electrode its own: what electrodes share would be one direction of many to an alignment.
            rows[:, BACK] += level_uv * np.stack([rhythm(rng, n) for _ in BACK], axis=1)
            write_edf(folder / f"Subject{person:02d}_{run}.edf", RATE_HZ, [f"EEG {n}" for n in NAMES], gain * rows)
    return folder
