"""The brain rhythms of the simulated participant and what each task state does to them.

Amplitudes and effects at rest and in mental arithmetic follow the group means of the open EEGMAT recordings (Zyma et
al. 2019, Data 4:14; 32 people, linked ears): posterior alpha about 7 uV rms at rest, its power halved by arithmetic,
frontal theta up, central beta and mu slightly down, scalp muscle tone up. Eyes: Barry et al. 2007, Clin.
Neurophysiol. 118:2765. Hand imagery: Pfurtscheller and Lopes da Silva 1999, Clin. Neurophysiol. 110:1842. Steady-state
response: Norcia et al. 2015, J. Vision 15(6):4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices.simulation.head import Head
from devices.simulation.noise import FilteredNoise, SlowFluctuation, band_sections

SSVEP_PREFIX = "ssvep_"
SSVEP_UV = (1.5, 0.75)
"""Amplitude at Oz of the response at the flicker frequency and at twice that (uV rms)."""
WAXING_TIME_S = 4.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A generator: frequency band, rms under its electrode before referencing, spread, log-amplitude fluctuation."""

    name: str
    low_hz: float
    high_hz: float
    rms_uv: float
    centre: str
    width_cm: float
    waxing: float = 0.2


RHYTHMS = (
    Rhythm("alpha_left", 8.8, 11.8, 6.5, "O1", 8.0),
    Rhythm("alpha_right", 8.8, 11.8, 7.0, "O2", 8.0),
    Rhythm("alpha_parietal", 8.8, 11.8, 4.0, "Pz", 9.0),
    Rhythm("alpha_frontal", 8.8, 11.8, 3.2, "Fz", 12.0),
    Rhythm("theta_frontal", 4.5, 7.5, 3.5, "AFz", 8.0),
    Rhythm("theta_parietal", 4.5, 7.5, 2.5, "Pz", 9.0),
    Rhythm("mu_left", 9.0, 12.5, 4.0, "C3", 4.5),
    Rhythm("mu_right", 9.0, 12.5, 4.0, "C4", 4.5),
    Rhythm("beta_left", 16.0, 24.0, 2.0, "C3", 5.0),
    Rhythm("beta_right", 16.0, 24.0, 2.0, "C4", 5.0),
    Rhythm("beta_midline", 14.0, 24.0, 2.4, "Cz", 10.0),
)

_ALPHA = ("alpha_left", "alpha_right", "alpha_parietal", "alpha_frontal")


def _all(names: tuple[str, ...], gain: float) -> dict[str, float]:
    return dict.fromkeys(names, gain)


EFFECTS: dict[str, dict[str, float]] = {
    "rest": {},
    "mental_arithmetic": {
        **_all(_ALPHA, 0.62),
        "theta_frontal": 1.45,
        "theta_parietal": 0.8,
        **_all(("mu_left", "mu_right"), 0.75),
        **_all(("beta_left", "beta_right", "beta_midline"), 0.85),
        "muscle_tone": 1.4,
    },
    "eyes_open": _all(_ALPHA, 0.4),
    "eyes_closed": _all(_ALPHA, 1.3),
    "left_hand": {"mu_right": 0.4, "beta_right": 0.6, "mu_left": 0.95},
    "right_hand": {"mu_left": 0.4, "beta_left": 0.6, "mu_right": 0.95},
}
"""Amplitude gain of each rhythm in each state; what is not named keeps its amplitude at rest."""


def ssvep_state(frequency_hz: float) -> str:
    """Return the name of the state of looking at a flicker, for example ``"ssvep_13"``."""
    return f"{SSVEP_PREFIX}{frequency_hz:g}"


def effects_of(state: str) -> dict[str, float]:
    """Return the amplitude gains of a state. Looking at a flicker switches its own response on and lowers alpha."""
    if state.startswith(SSVEP_PREFIX):
        return {**_all(_ALPHA, 0.7), state: 1.0}
    return EFFECTS[state]


def gains_at_rest(names: tuple[str, ...]) -> NDArray[np.float64]:
    """Return 1 for every rhythm and 0 for every steady-state response."""
    return np.array([0.0 if name.startswith(SSVEP_PREFIX) else 1.0 for name in names])


class Oscillations:
    """All rhythms and steady-state responses, block by block.

    Parameters
    ----------
    head
        The electrodes.
    rate_hz
        Sampling rate.
    frequencies_hz
        Flicker frequencies.
    step_s
        Length of a block (s).
    seed
        Of this part.
    """

    def __init__(
        self, head: Head, rate_hz: float, frequencies_hz: tuple[float, ...], step_s: float, seed: list[int]
    ) -> None:
        self._rate_hz = rate_hz
        bands = list(dict.fromkeys((r.low_hz, r.high_hz) for r in RHYTHMS))
        self._columns = [[i for i, r in enumerate(RHYTHMS) if (r.low_hz, r.high_hz) == band] for band in bands]
        self._noises = [
            FilteredNoise(band_sections(rate_hz, *band), len(columns), rate_hz, np.random.default_rng([*seed, k]))
            for k, (band, columns) in enumerate(zip(bands, self._columns, strict=True))
        ]
        waxing_rng = np.random.default_rng([*seed, len(bands)])
        self._waxing = SlowFluctuation(len(RHYTHMS), WAXING_TIME_S, step_s, waxing_rng)
        self._depth = np.array([r.waxing for r in RHYTHMS])
        self._frequencies_hz = np.array(frequencies_hz)
        occipital = head.focal_map("Oz", 6.0)
        self._map = np.array(
            [r.rms_uv * head.focal_map(r.centre, r.width_cm) for r in RHYTHMS] + [occipital for _ in frequencies_hz]
        )
        self.names = (*(r.name for r in RHYTHMS), *(ssvep_state(f) for f in frequencies_hz))

    def block(self, first_index: int, n_samples: int, gains: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the next samples (n_samples, n_channels) in uV; ``gains`` are (n_samples or 1, len(names))."""
        courses = np.empty((n_samples, len(self.names)))
        for noise, columns in zip(self._noises, self._columns, strict=True):
            courses[:, columns] = noise.block(n_samples)
        courses[:, : len(RHYTHMS)] *= np.exp(self._depth * self._waxing.block(n_samples))
        courses[:, len(RHYTHMS) :] = self._responses(first_index, n_samples)
        courses *= gains
        mixed: NDArray[np.float64] = courses @ self._map
        return mixed

    def _responses(self, first_index: int, n_samples: int) -> NDArray[np.float64]:
        cycles = np.outer(np.arange(first_index, first_index + n_samples) / self._rate_hz, self._frequencies_hz)
        phase = 2 * np.pi * (cycles % 1.0)
        first, second = SSVEP_UV
        response: NDArray[np.float64] = np.sqrt(2) * (first * np.sin(phase) + second * np.sin(2 * phase + 0.5))
        return response
