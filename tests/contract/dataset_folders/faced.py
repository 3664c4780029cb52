"""FACED as published: BDF files of two cohorts with two sets of names and two units; marks of other things."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edfio import Bdf, BdfSignal, EdfAnnotation, Patient

from models.dataset import Key
from models.datasets.faced import CHANNELS
from tests.contract.dataset_folders.signals import noise_uv

OLD = {"T7": "T3", "T8": "T4", "P7": "T5", "P8": "T6"}
OTHERS = ((0.0, "100"), (1.0, "101"), (2.0, "102"), (3.0, "Start Impedance"), (4.0, "Stop Impedance"), (5.0, "201"))
FIRST = (*OTHERS, (6.0, "28"), (6.5, "101"), (37.0, "102"), (38.0, "4"), (38.5, "101"), (75.0, "102"), (79.0, "202"))
SECOND = ((0.5, "13"), (1.0, "101"), (33.0, "102"), (40.0, "13"), (41.0, "101"), (72.0, "102"))


def _write(path: Path, signals: Sequence[BdfSignal], marks: Sequence[tuple[float, str]] = ()) -> None:
    annotations = [EdfAnnotation(onset, None, text) for onset, text in marks] or None
    path.parent.mkdir(parents=True, exist_ok=True)
    Bdf(signals, patient=Patient(code="JDOE", name="Jane_Doe", sex="F"), annotations=annotations).write(path)


def write(home: Path, names: Sequence[str], marks: Sequence[tuple[float, str]], unit: str) -> None:
    rows = noise_uv(80_000, len(names)).clip(-500.0, 500.0)
    columns = zip(names, rows.T, strict=True)
    signals = [
        BdfSignal(column, 1000.0, label=name, physical_dimension=unit, physical_range=(-500.0, 500.0))
        for name, column in columns
    ]
    _write(home / "data.bdf", signals)
    _write(home / "evt.bdf", [], marks)
    (home / "After_remarks.mat").write_bytes(b"not read")


def make(folder: Path) -> dict[Key, list[str | float]]:
    old = [OLD.get(name, name) for name in CHANNELS]
    write(folder / "Data/sub000", [*old[:16], "A1", "A2", *old[16:]], FIRST, "uV")
    write(folder / "Data/sub122", [*CHANNELS, "M2", "M1"], SECOND, "")
    return {Key("000"): ["tenderness", "disgust"], Key("122"): ["neutral"]}
