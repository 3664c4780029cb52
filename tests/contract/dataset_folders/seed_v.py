"""SEED-V as published: Neuroscan files that say who the person is; here they end after the first clip or two."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from models.dataset import Key
from models.reading.seed_files import CHANNELS

NAMES = [name.upper() for name in (*CHANNELS[:32], "M1", *CHANNELS[32:41], "M2", *CHANNELS[41:], "VEO", "HEO")]


def write_cnt(path: Path, seconds: int, names: list[str] = NAMES, rate_hz: int = 1000) -> None:
    """Write a Neuroscan file of 16 bits: a header, one entry a channel, samples, and an empty table of events."""
    n_samples, n_channels = seconds * rate_hz, len(names)
    end_of_data = 900 + 75 * n_channels + 2 * n_channels * n_samples
    header = bytearray(900)
    header[121:129] = b"Jane_Doe"
    header[225:245] = b"07/04/99  10:20:30  "
    for offset, kind, value in (
        (370, "<H", n_channels),
        (376, "<H", rate_hz),
        (864, "<i", n_samples),
        (886, "<i", end_of_data),
    ):
        struct.pack_into(kind, header, offset, value)
    entries = bytearray(75 * n_channels)
    for number, name in enumerate(names):
        entries[75 * number : 75 * number + len(name)] = name.encode()
        struct.pack_into("<f", entries, 75 * number + 59, 204.8)  # sensitivity: one step is a microvolt
        struct.pack_into("<f", entries, 75 * number + 71, 1.0)
    second = (20 * np.random.default_rng(0).standard_normal((rate_hz, n_channels))).astype("<i2").tobytes()
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.write(header + entries)
        for _ in range(seconds):
            file.write(second)
        file.write(struct.pack("<Bll", 1, 0, 0))


def make(folder: Path) -> dict[Key, list[str | float]]:
    write_cnt(folder / "EEG_raw/1_1_19990704.cnt", 103)
    write_cnt(folder / "EEG_raw/16_1_19990705.cnt", 229)
    (folder / "EEG_raw/1_2_19990706.txt").write_text("not read")
    return {
        Key("01", "1", "01"): ["happy"],
        Key("16", "1", "01"): ["happy"],
        Key("16", "1", "02"): ["fear"],
    }
