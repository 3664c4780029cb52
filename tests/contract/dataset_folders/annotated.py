"""Recordings with annotations: states that last until the next one, and trials that say how long they last."""

from __future__ import annotations

from pathlib import Path

from models.dataset import Key
from models.datasets.annotated import TEN_TWENTY
from tests.contract.dataset_folders.signals import noise_uv, write_edf


def make(folder: Path) -> dict[Key, list[str | float]]:
    states = [(0.0, 0.0, "eyes_open"), (5.0, 0.0, "blink"), (8.0, 0.0, "eyes_closed"), (16.0, 0.0, "eyes_open")]
    timed = [(1.0, 4.5, "task/eyes_closed"), (7.0, 6.0, "eyes_open"), (14.0, 1.0, "something else")]
    write_edf(folder / "sub-01_ses-02_run-01_eeg.edf", 250.0, TEN_TWENTY, noise_uv(250 * 22, 19), states)
    write_edf(folder / "below" / "sub-02_eeg.edf", 250.0, ["EOG", *TEN_TWENTY[::-1]], noise_uv(250 * 20, 20), timed)
    write_edf(folder / "morning.edf", 250.0, TEN_TWENTY, noise_uv(250 * 9, 19), states)
    return {
        Key("01", "02", "01"): ["eyes_open", "eyes_closed", "eyes_open"],
        Key("02"): ["eyes_closed", "eyes_open"],
        Key("morning"): ["eyes_open", "eyes_closed"],
    }
