"""The rhythms of the simulated EEG: where each is strong, how large, and how a state changes it.

Effect sizes follow the literature: frontal theta rises and posterior alpha falls in mental arithmetic (Klimesch 1999,
Brain Res. Rev. 29:169; Gevins et al. 1997, Cereb. Cortex 7:374), alpha grows several-fold with the eyes closed, mu
falls over the hemisphere opposite the imagined hand (Pfurtscheller & Lopes da Silva 1999, Clin. Neurophysiol.
110:1842).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rhythm:
    """One source: centre electrode, band (Hz), RMS amplitude at the centre (uV), spread over the scalp (m)."""

    centre: str
    low_hz: float
    high_hz: float
    rms_uv: float
    spread_m: float


RHYTHMS = {
    "alpha": Rhythm("POz", 8.5, 11.5, 9.0, 0.07),
    "theta": Rhythm("Fz", 4.5, 7.0, 4.0, 0.05),
    "mu_left": Rhythm("C3", 9.0, 12.5, 5.0, 0.03),
    "mu_right": Rhythm("C4", 9.0, 12.5, 5.0, 0.03),
    "beta": Rhythm("FCz", 15.0, 28.0, 2.5, 0.10),
    "gamma": Rhythm("Cz", 30.0, 45.0, 1.2, 0.12),
}

GAINS: dict[str, dict[str, float]] = {
    "rest": {},
    "mental_arithmetic": {"alpha": 0.5, "theta": 1.6, "beta": 1.25, "gamma": 1.3, "mu_left": 0.8, "mu_right": 0.8},
    "eyes_open": {"alpha": 0.5},
    "eyes_closed": {"alpha": 2.0},
    "left_hand": {"mu_right": 0.4},
    "right_hand": {"mu_left": 0.4},
}
"""Amplitude of a rhythm in a state, relative to rest; 1 where not named."""
