"""EDF files of whole nights in miniature: channels of other kinds, at other rates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from pathlib import Path

from edfio import Edf, EdfSignal, Patient, Recording

from tests.contract.dataset_folders.signals import noise_uv


def write_night(path: Path, rate_hz: float, eeg: Sequence[str], seconds: int, others: Sequence[str] = ()) -> None:
    """Write EEG between a slower and a faster signal."""
    signals = [_signal("Resp nasal", 1.0, seconds)]
    signals += [_signal(name, rate_hz, seconds, seed) for seed, name in enumerate(eeg)]
    signals += [_signal(name, rate_hz, seconds) for name in others]
    signals.append(_signal("ECG", 2 * rate_hz, seconds))
    path.parent.mkdir(parents=True, exist_ok=True)
    edf = Edf(
        signals,
        patient=Patient(code="JDOE", name="Jane_Doe", sex="F"),
        recording=Recording(),
        starttime=time(22, 30, 5),
    )
    edf.write(path.with_suffix(".edf"))
    path.with_suffix(".edf").rename(path)


def _signal(label: str, rate_hz: float, seconds: int, seed: int = 9) -> EdfSignal:
    rows = noise_uv(round(rate_hz * seconds), 1, seed)[:, 0].clip(-500.0, 500.0)
    return EdfSignal(rows, rate_hz, label=label, physical_dimension="uV", physical_range=(-500.0, 500.0))
