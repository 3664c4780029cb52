"""TUEV as published: marks of one second, some of them near an end of the recording."""

from __future__ import annotations

from pathlib import Path

from models.dataset import Key
from tests.contract.dataset_folders.tuh_files import write_tuh


def make(folder: Path) -> dict[Key, list[str | float]]:
    marks = {
        "train/aaaaaaar/aaaaaaar_00000001": "0,11.1,12.1,6\n7,0.2,1.2,1\n3,5.0,6.0,2\n",
        "train/aaaaaaas/aaaaaaas_00000002": "5,4.0,5.0,4\n",
        "eval/000/bckg_000_a_": "1,3.0,4.0,6\n\n",
        "eval/000/spsw_000_a_1": "1,3.0,4.0,3\n2,3.0,4.0,5\n",
    }
    for stem, lines in marks.items():
        write_tuh(folder / f"{stem}.edf", 13)
        (folder / f"{stem}.rec").write_text(lines)
        (folder / f"{stem}.lab").write_text("not read")
    return {
        Key("aaaaaaar", "train", "00000001"): ["spike_or_sharp_wave", "gped", "background"],
        Key("aaaaaaas", "train", "00000002"): ["eye_movement"],
        Key("000", "eval", "bckg_a"): ["background"],
        Key("000", "eval", "spsw_a_1"): ["pled", "artifact"],
    }
