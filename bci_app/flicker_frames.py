"""Brightness of flickering fields frame by frame, and which frequencies a refresh rate can show."""

from __future__ import annotations

import math

from bci_app.paradigm import Paradigm
from bci_app.scenes import Flicker
from pipelines.errors import ConfigError

TOLERANCE = 0.005
"""Share by which a frame count may miss a whole number: refresh rates are measured, not given."""
FRAMES_PER_CYCLE = 3
"""A sine of fewer samples is no sine."""


def brightness(frequency_hz: float, wave: str, frame: int, refresh_hz: float) -> float:
    """Return the brightness (0 to 1) of a field in the frame with this number since its flicker began."""
    if wave == "square":
        cycle = round(refresh_hz / frequency_hz)
        return 1.0 if frame % cycle < (cycle + 1) // 2 else 0.0
    return 0.5 * (1.0 + math.sin(2.0 * math.pi * frequency_hz * frame / refresh_hz))


def shown_hz(frequency_hz: float, wave: str, refresh_hz: float) -> float:
    """Return the frequency that is shown: of a square wave, that of the nearest whole number of frames."""
    return refresh_hz / round(refresh_hz / frequency_hz) if wave == "square" else frequency_hz


def check(paradigm: Paradigm, refresh_hz: float) -> None:
    """Check every flicker of a paradigm against the refresh rate of a screen.

    Raises
    ------
    ConfigError
        If one cannot be shown; says which frequencies can.
    """
    flickers = dict.fromkeys(
        (f, step.scene.wave) for step in paradigm.steps if isinstance(step.scene, Flicker)
        for f in step.scene.frequencies_hz
    )  # fmt: skip
    for frequency_hz, wave in flickers:
        frames = refresh_hz / frequency_hz
        if wave == "sine" and frames >= FRAMES_PER_CYCLE:
            continue
        whole = round(frames)
        if wave == "square" and whole >= 2 and abs(frames - whole) <= TOLERANCE * whole:
            continue
        can = [f"{refresh_hz / n:.4g}" for n in range(2, 13)]
        reach = f"only {', '.join(can)} … Hz" if wave == "square" else f"at most {refresh_hz / FRAMES_PER_CYCLE:.4g} Hz"
        hint = "; wave = 'sine' can show others" if wave == "square" and frames >= FRAMES_PER_CYCLE else ""
        raise ConfigError(
            f"{paradigm.kind}: frequencies_hz: {frequency_hz:g} Hz cannot be shown at {refresh_hz:.4g} Hz: a {wave} "
            f"wave takes {reach}{hint}"
        )
