"""SSVEP by filter-bank canonical correlation (Chen et al. 2015). Scale-free."""

from __future__ import annotations

from pydantic import Field

from models.flicker_classifier import FlickerClassifier
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Flicker frequencies and what of the spectrum is used."""

    frequencies_hz: tuple[float, ...] = Field(
        (13.0, 17.0, 21.0), min_length=2, description="Of each class in sorted order (Hz); 0 for one without flicker."
    )
    harmonics: int = Field(5, ge=1, le=5, description="Multiples of each frequency, the first included.")
    sub_bands: int = Field(5, ge=1, le=10, description="Sub-bands, from the first, second … harmonic upwards.")
    high_hz: float = Field(90.0, gt=0, description="What lies above is ignored (Hz).")


def build(settings: Settings) -> FlickerClassifier:
    """Make the estimator."""
    return FlickerClassifier(settings.frequencies_hz, settings.harmonics, settings.sub_bands, settings.high_hz)
