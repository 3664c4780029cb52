"""Band-pass, high-pass or low-pass: Butterworth or Chebyshev sections, causal, state kept across chunks."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.signal import butter, cheby1, cheby2

from pipelines.errors import ConfigError
from pipelines.plugins import PluginSettings
from pipelines.sos_stage import SosStage


class Settings(PluginSettings):
    """Edges at -3 dB (Butterworth), at the ripple (Chebyshev I) or at the attenuation (Chebyshev II)."""

    low_hz: float | None = Field(1.0, gt=0, description="Lower edge (Hz); none makes a low-pass.")
    high_hz: float | None = Field(40.0, gt=0, description="Upper edge (Hz); none makes a high-pass.")
    order: int = Field(4, ge=1, le=12, description="Order of the prototype; a band-pass has twice as many poles.")
    design: Literal["butterworth", "chebyshev1", "chebyshev2"] = "butterworth"
    ripple_db: float = Field(0.5, gt=0, description="Pass-band ripple of chebyshev1 (dB).")
    attenuation_db: float = Field(40.0, gt=0, description="Stop-band attenuation of chebyshev2 (dB).")


def design(settings: Settings, rate_hz: float) -> NDArray[np.float64]:
    """Return second-order sections (n_sections, 6) by SciPy.

    Raises
    ------
    ConfigError
        If an edge lies at or above the Nyquist frequency, or the edges are in the wrong order.
    """
    return _designed(settings, rate_hz).copy()


@lru_cache(maxsize=64)
def _designed(settings: Settings, rate_hz: float) -> NDArray[np.float64]:
    # A window designs the same few filters six times when a session begins.
    low, high = settings.low_hz, settings.high_hz
    for name, edge in (("low_hz", low), ("high_hz", high)):
        if edge is not None and edge >= rate_hz / 2:
            raise ConfigError(f"bandpass: {name} = {edge:g} must be below {rate_hz / 2:g} Hz, half the sampling rate")
    if low is not None and high is not None:
        kind: Any = "bandpass"
        edges: Any = [low, high]
    else:
        kind, edges = ("lowpass", high) if low is None else ("highpass", low)
    common: dict[str, Any] = {"btype": kind, "fs": rate_hz, "output": "sos"}
    if settings.design == "chebyshev1":
        sections = cheby1(settings.order, settings.ripple_db, edges, **common)
    elif settings.design == "chebyshev2":
        sections = cheby2(settings.order, settings.attenuation_db, edges, **common)
    else:
        sections = butter(settings.order, edges, **common)
    return np.asarray(sections, dtype=np.float64)


def build(settings: Settings) -> SosStage:
    """Make the stage.

    Raises
    ------
    ConfigError
        If no edge is given, or the lower one is not below the upper one.
    """
    low, high = settings.low_hz, settings.high_hz
    if low is None and high is None:
        raise ConfigError("bandpass: give low_hz, high_hz or both")
    if low is not None and high is not None and low >= high:
        raise ConfigError(f"bandpass: low_hz = {low:g} must be below high_hz = {high:g}")
    middle = (low * high) ** 0.5 if low and high else (high / 2 if high else 2 * (low or 1.0))
    return SosStage(partial(design, settings), middle)
