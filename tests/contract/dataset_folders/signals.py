"""Samples and files for fabricated data sets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from pathlib import Path

import numpy as np
from edfio import Edf, EdfAnnotation, EdfSignal, Patient, Recording


def noise_uv(n_samples: int, n_channels: int, seed: int = 0) -> np.ndarray:
    """Noise of 20 uV, (n_samples, n_channels)."""
    return 20.0 * np.random.default_rng(seed).standard_normal((n_samples, n_channels))


def write_edf(
    path: Path,
    rate_hz: float,
    names: Sequence[str],
    rows_uv: np.ndarray,
    events: Sequence[tuple[float, float, str]] = (),
    *,
    starts: time = time(0, 0),
) -> None:
    """Write an EDF+ file with a person in its header.

    Parameters
    ----------
    rows_uv
        (n_samples, n_channels); a whole number of seconds.
    events
        Onset (s), duration (s), text.
    starts
        Time of day at which the recording begins.
    """
    signals = [
        EdfSignal(column, rate_hz, label=name, physical_dimension="uV", physical_range=(-500.0, 500.0))
        for name, column in zip(names, np.clip(rows_uv, -500.0, 500.0).T, strict=True)
    ]
    annotations = [EdfAnnotation(onset, duration, text) for onset, duration, text in events] or None
    edf = Edf(
        signals,
        patient=Patient(code="JDOE", name="Jane_Doe", sex="F"),
        recording=Recording(),
        starttime=starts,
        annotations=annotations,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    edf.write(path)
