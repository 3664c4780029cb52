"""The rhythms of the simulated participant and what each task state does to them.

Amplitudes at rest were fitted to the mean band powers and covariances of the open EEGMAT recordings (Zyma et al. 2019,
Data 4:14; 32 people, eyes closed, linked ears) and agree with them to about 1 dB. Mental arithmetic follows the 16
people whose posterior alpha falls most: alpha down by 4-5 dB behind and 2 dB in front, posterior theta and beta down by
1-2 dB, frontal theta unchanged, eye movements and muscle tone up. ``benchmarks/simulated_participant.py`` compares.
Eyes: Barry et al. 2007, Clin. Neurophysiol. 118:2765. Hand imagery: Pfurtscheller and Lopes da Silva 1999, Clin.
Neurophysiol. 110:1842; feet, which make the rhythm of the hands stronger: Pfurtscheller et al. 2006, NeuroImage 31:153.
Steady-state response: Norcia et al. 2015, J. Vision 15(6):4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices.simulation.head import Head
from devices.simulation.noise import FilteredNoise, SlowFluctuation, band_sections
from devices.simulation.person import Person

SSVEP_PREFIX = "ssvep_"
SSVEP_UV = (1.5, 0.75)
"""Amplitude at Oz of the response at the flicker frequency and at twice that (uV rms)."""
WAXING_TIME_S = 2.0
WAXING = {"alpha": 0.5, "mu": 0.4, "theta": 0.3, "beta": 0.2, "eyes": 0.4}
"""Fluctuation of log-amplitude at rest, half of it common to all rhythms of a band; by name of the band."""
COMMON_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Band:
    """A frequency band of rhythms (Hz); ``is_individual`` bands lie elsewhere in everybody."""

    name: str
    low_hz: float
    high_hz: float
    is_individual: bool = False


ALPHA = Band("alpha", 9.0, 12.0, is_individual=True)
THETA = Band("theta", 4.5, 9.0)
MU = Band("mu", 9.0, 12.5, is_individual=True)
BETA = Band("beta", 12.5, 25.0)
EYES = Band("eyes", 1.5, 6.0)
"""Movements of the eyes, open or closed: no rhythm of the brain, but it comes from the head just the same."""
BANDS = (ALPHA, THETA, MU, BETA, EYES)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A generator: frequency band, rms under its electrode before referencing, and spread.

    Without a centre it lies at the ears, so that all channels see it alike.
    """

    name: str
    band: Band
    rms_uv: float
    centre: str = ""
    width_cm: float = 0.0

    def seen_by(self, head: Head) -> NDArray[np.float64]:
        """Return its weights on the channels (n_channels,)."""
        return head.focal_map(self.centre, self.width_cm) if self.centre else head.ear_map()


RHYTHMS = (
    Rhythm("alpha_left", ALPHA, 6.6, "O1", 8.0),
    Rhythm("alpha_right", ALPHA, 6.6, "O2", 8.0),
    Rhythm("alpha_parietal", ALPHA, 6.2, "Pz", 9.0),
    Rhythm("alpha_frontal", ALPHA, 4.2, "Fz", 12.0),
    Rhythm("alpha_temporal_left", ALPHA, 3.0, "T7", 8.0),
    Rhythm("alpha_temporal_right", ALPHA, 3.0, "T8", 8.0),
    Rhythm("alpha_ears", ALPHA, 1.7),
    Rhythm("theta_frontal", THETA, 3.6, "Fz", 9.0),
    Rhythm("theta_parietal", THETA, 3.6, "Pz", 9.0),
    Rhythm("theta_temporal_left", THETA, 1.7, "T7", 8.0),
    Rhythm("theta_temporal_right", THETA, 1.7, "T8", 8.0),
    Rhythm("theta_ears", THETA, 2.1),
    Rhythm("mu_left", MU, 4.4, "C3", 4.5),
    Rhythm("mu_right", MU, 4.4, "C4", 4.5),
    Rhythm("beta_left", BETA, 1.7, "C3", 5.0),
    Rhythm("beta_right", BETA, 1.7, "C4", 5.0),
    Rhythm("beta_frontal", BETA, 2.7, "Fz", 10.0),
    Rhythm("beta_parietal", BETA, 2.5, "Pz", 10.0),
    Rhythm("beta_temporal_left", BETA, 1.9, "T7", 8.0),
    Rhythm("beta_temporal_right", BETA, 1.9, "T8", 8.0),
    Rhythm("beta_occipital_left", BETA, 2.0, "O1", 8.0),
    Rhythm("beta_occipital_right", BETA, 2.0, "O2", 8.0),
    Rhythm("beta_ears", BETA, 1.2),
    Rhythm("eye_left", EYES, 1.5, "AF7", 5.0),
    Rhythm("eye_right", EYES, 1.5, "AF8", 5.0),
)


def _all(start: str, gain: float) -> dict[str, float]:
    return {rhythm.name: gain for rhythm in RHYTHMS if rhythm.name.startswith(start)}


EFFECTS: dict[str, dict[str, float]] = {
    "rest": {},
    "mental_arithmetic": {
        "alpha_left": 0.5,
        "alpha_right": 0.5,
        "alpha_parietal": 0.47,
        "alpha_frontal": 0.58,
        **_all("alpha_temporal", 0.55),
        "alpha_ears": 0.9,
        "theta_frontal": 1.05,
        "theta_parietal": 0.55,
        **_all("theta_temporal", 0.6),
        "theta_ears": 0.8,
        **_all("mu", 0.6),
        "beta_left": 0.75,
        "beta_right": 0.75,
        "beta_frontal": 0.82,
        "beta_parietal": 0.67,
        **_all("beta_temporal", 0.7),
        **_all("beta_occipital", 0.85),
        **_all("eye", 2.0),
        "muscle_tone": 1.65,
    },
    "eyes_open": _all("alpha", 0.4),
    "eyes_closed": _all("alpha", 1.3),
    "left_hand": {"mu_right": 0.4, "beta_right": 0.6, "mu_left": 0.95},
    "right_hand": {"mu_left": 0.4, "beta_left": 0.6, "mu_right": 0.95},
    "feet": {**_all("mu", 1.4), "beta_frontal": 0.55},
}
"""Amplitude gain of each rhythm in each state; what is not named keeps its amplitude at rest."""


def ssvep_state(frequency_hz: float) -> str:
    """Return the name of the state of looking at a flicker, for example ``"ssvep_13"``."""
    return f"{SSVEP_PREFIX}{frequency_hz:g}"


def effects_of(state: str) -> dict[str, float]:
    """Return the amplitude gains of a state. Looking at a flicker switches its own response on."""
    return {state: 1.0} if state.startswith(SSVEP_PREFIX) else EFFECTS[state]


def gains_at_rest(names: tuple[str, ...]) -> NDArray[np.float64]:
    """Return 1 for every rhythm and 0 for every steady-state response."""
    return np.array([0.0 if name.startswith(SSVEP_PREFIX) else 1.0 for name in names])


class Oscillations:
    """All rhythms and steady-state responses, block by block.

    Parameters
    ----------
    head, person
        The electrodes and whose rhythms they are.
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
        self,
        head: Head,
        person: Person,
        rate_hz: float,
        frequencies_hz: tuple[float, ...],
        step_s: float,
        seed: list[int],
    ) -> None:
        self._rate_hz = rate_hz
        self._band_of = np.array([BANDS.index(r.band) for r in RHYTHMS])
        self._noises = []
        for k, band in enumerate(BANDS):
            shift_hz = person.alpha_shift_hz if band.is_individual else 0.0
            sections = band_sections(rate_hz, band.low_hz + shift_hz, band.high_hz + shift_hz)
            n_columns = int(np.count_nonzero(self._band_of == k))
            self._noises.append(FilteredNoise(sections, n_columns, rate_hz, np.random.default_rng([*seed, k])))
        waxing_rng = np.random.default_rng([*seed, len(BANDS)])
        self._waxing = SlowFluctuation(len(RHYTHMS) + len(BANDS), WAXING_TIME_S, step_s, waxing_rng)
        self._depth = np.array([WAXING[r.band.name] for r in RHYTHMS])
        self._frequencies_hz = np.array(frequencies_hz)
        occipital = head.focal_map("Oz", 6.0)
        levels = [person.level(r.band.name) * r.rms_uv for r in RHYTHMS]
        rhythms = [level * r.seen_by(head) for level, r in zip(levels, RHYTHMS, strict=True)]
        self._map = np.array(rhythms + [occipital for _ in frequencies_hz])
        self.names = (*(r.name for r in RHYTHMS), *(ssvep_state(f) for f in frequencies_hz))

    def block(self, first_index: int, n_samples: int, gains: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the next samples (n_samples, n_channels) in uV; ``gains`` are (n_samples or 1, len(names))."""
        courses = np.empty((n_samples, len(self.names)))
        for k, noise in enumerate(self._noises):
            courses[:, np.flatnonzero(self._band_of == k)] = noise.block(n_samples)
        courses[:, : len(RHYTHMS)] *= self._envelopes(n_samples)
        courses[:, len(RHYTHMS) :] = self._responses(first_index, n_samples)
        courses *= gains
        mixed: NDArray[np.float64] = courses @ self._map
        return mixed

    def _envelopes(self, n_samples: int) -> NDArray[np.float64]:
        """Return how much each rhythm waxes and wanes (n_samples, n_rhythms), its mean square being 1."""
        waxing = self._waxing.block(n_samples)
        own, common = waxing[:, : len(RHYTHMS)], waxing[:, len(RHYTHMS) :][:, self._band_of]
        course = np.sqrt(1 - COMMON_SHARE) * own + np.sqrt(COMMON_SHARE) * common
        envelopes: NDArray[np.float64] = np.exp(self._depth * course - self._depth**2)
        return envelopes

    def _responses(self, first_index: int, n_samples: int) -> NDArray[np.float64]:
        cycles = np.outer(np.arange(first_index, first_index + n_samples) / self._rate_hz, self._frequencies_hz)
        phase = 2 * np.pi * (cycles % 1.0)
        first, second = SSVEP_UV
        response: NDArray[np.float64] = np.sqrt(2) * (first * np.sin(phase) + second * np.sin(2 * phase + 0.5))
        return response
