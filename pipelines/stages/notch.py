"""Notch at the line frequency and its harmonics."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.signal import iirnotch, tf2sos

from pipelines.plugins import PluginSettings
from pipelines.sos_stage import SosStage


class Settings(PluginSettings):
    """One second-order notch for the line frequency and one for each harmonic below the Nyquist frequency."""

    freq_hz: float = Field(50.0, gt=0, description="Line frequency (Hz): 50 or 60.")
    harmonics: int = Field(1, ge=1, le=20, description="How many multiples, the first included.")
    q: float = Field(30.0, gt=0, description="Quality factor: frequency over -3 dB bandwidth.")


def design(settings: Settings, rate_hz: float) -> NDArray[np.float64]:
    """Return second-order sections (n_sections, 6); none if the line frequency lies above the Nyquist frequency."""
    multiples = (settings.freq_hz * n for n in range(1, settings.harmonics + 1))
    sections = [tf2sos(*iirnotch(f, settings.q, fs=rate_hz)) for f in multiples if f < rate_hz / 2]
    return np.vstack(sections) if sections else np.zeros((0, 6))


def build(settings: Settings) -> SosStage:
    """Make the stage."""
    return SosStage(partial(design, settings), settings.freq_hz / 4)
