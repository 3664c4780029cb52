"""TUSL as published: one person's recording is referred to linked ears."""

from __future__ import annotations

from pathlib import Path

from models.dataset import Key
from tests.contract.dataset_folders.tuh_files import write_tuh

LINES = "version = tse_v1.0.0\n\n0.0000 10.0000 bckg 1.0000\n12.0000 22.0000 slow 1.0000\n"


def make(folder: Path) -> dict[Key, list[str | float]]:
    first = folder / "aaaaaaju/s005_2010/01_tcp_ar/aaaaaaju_s005_t000.edf"
    write_tuh(first, 24)
    first.with_suffix(".tse_agg").write_text(LINES)
    second = folder / "aaaaaask/s001_2011/02_tcp_le/aaaaaask_s001_t001.edf"
    write_tuh(second, 12, "LE")
    second.with_suffix(".tse_agg").write_text("version = tse_v1.0.0\n\n1.0000 11.0000 seiz 1.0000\n")
    return {
        Key("aaaaaaju", "s005", "t000"): ["background", "slowing"],
        Key("aaaaaask", "s001", "t001"): ["seizure"],
    }
