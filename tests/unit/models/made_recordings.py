"""Recordings made up for tests of pre-training: electrodes share a rhythm, so that hidden patches can be guessed."""

from __future__ import annotations

import warnings
from pathlib import Path

import mne
import numpy as np

NINETEEN = tuple("Fp1 Fp2 F3 F4 C3 C4 P3 P4 O1 O2 F7 F8 T7 T8 P7 P8 Fz Cz Pz".split())
FOUR = ("F3", "F4", "O1", "O2")


def rhythms(n_channels: int, rate_hz: float, seconds: float, seed: int) -> np.ndarray:
    """(channels, samples) in microvolts: a 10 Hz rhythm of changing size, larger at the back, and noise."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(rate_hz * seconds)) / rate_hz
    common = np.sin(2 * np.pi * 10 * time_s + rng.uniform(0, 6)) * (1 + 0.5 * np.sin(2 * np.pi * 0.2 * time_s))
    return np.linspace(10, 30, n_channels)[:, None] * common + rng.standard_normal((n_channels, len(time_s)))


def write_fif(
    path: Path,
    names=FOUR,
    rate_hz: float = 200.0,
    seconds: float = 30.0,
    seed: int = 0,
    annotations=(),
    signal: np.ndarray | None = None,
) -> Path:
    """Write a recording; ``annotations`` are (onset s, duration s, text)."""
    microvolts = rhythms(len(names), rate_hz, seconds, seed) if signal is None else signal
    raw = mne.io.RawArray(microvolts * 1e-6, mne.create_info(list(names), rate_hz, "eeg"), verbose="error")
    for onset_s, lasts_s, text in annotations:
        raw.annotations.append(onset_s, lasts_s, text)
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of names outside MNE's conventions
        raw.save(path, fmt="double", overwrite=True, verbose="error")
    return path
