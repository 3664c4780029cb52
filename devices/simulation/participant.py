"""The signal of the simulated participant, made second by second, always in the same order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

from devices.simulation.rhythms import GAINS, RHYTHMS
from pipelines.montage import positions

N_BACKGROUND = 24
BACKGROUND_UV = 7.0
PINK_HZ = (0.3, 1.0, 3.0, 10.0, 30.0)
"""Corner frequencies of the relaxations whose sum falls as 1/f."""
SSVEP_UV = 3.0
BLINK_UV = 130.0
EVENTS_PER_S = {"blink": 0.2, "muscle": 0.05}


class Participant:
    """Makes blocks of one second; the content depends on seed, rate, montage and the states asked for, nothing else.

    Parameters
    ----------
    rate_hz
        Sampling rate, at least 100 Hz.
    names
        10-10 electrode names.
    seed
        Seed of everything random.
    line_hz
        Line frequency; None for a clean room.
    blinks, muscle, drift
        Whether those disturbances are present.
    """

    def __init__(
        self,
        rate_hz: float,
        names: Sequence[str],
        seed: int,
        *,
        line_hz: float | None,
        blinks: bool,
        muscle: bool,
        drift: bool,
    ) -> None:
        self._rate_hz, self._n = rate_hz, len(names)
        self._rng = np.random.default_rng([seed, 0])
        self._line_hz, self._drift = line_hz, drift
        self._rates = {k: v for k, v in EVENTS_PER_S.items() if {"blink": blinks, "muscle": muscle}[k]}
        xyz = positions(list(names))
        self._patterns = {k: _pattern(xyz, r.centre, r.spread_m) for k, r in RHYTHMS.items()}
        self._occipital = _pattern(xyz, "Oz", 0.05)
        self._frontal = _pattern(xyz, "Fpz", 0.045)
        self._temporal = _pattern(xyz, "T7", 0.04) + _pattern(xyz, "T8", 0.04)
        mixing = self._rng.standard_normal((N_BACKGROUND, 3))
        centres = 0.09 * mixing / np.linalg.norm(mixing, axis=1, keepdims=True)
        spread = np.exp(-((xyz[:, None] - centres[None]) ** 2).sum(axis=2) / (2 * 0.06**2))
        signs = self._rng.choice([-1.0, 1.0], N_BACKGROUND)
        self._mixing = spread * signs / np.sqrt((spread**2).sum(axis=1, keepdims=True))
        self._pink = [np.exp(-2 * np.pi * f / rate_hz) for f in PINK_HZ]
        self._pink_state = np.zeros((len(PINK_HZ), N_BACKGROUND, 1))
        nyquist = 0.49 * rate_hz
        self._bands = {
            k: butter(2, [r.low_hz, min(r.high_hz, nyquist)], "bandpass", fs=rate_hz, output="sos")
            for k, r in RHYTHMS.items()
        }
        self._scales = {
            k: r.rms_uv / np.sqrt(2 * (min(r.high_hz, nyquist) - r.low_hz) / rate_hz) for k, r in RHYTHMS.items()
        }
        self._band_states = {k: np.zeros((len(sos), 2)) for k, sos in self._bands.items()}
        self._gains = dict.fromkeys(RHYTHMS, 1.0)
        self._ssvep_gain = 0.0
        self._ssvep_hz = 10.0
        self._drift_uv = np.zeros(self._n)
        self._tail = np.zeros((round(rate_hz), self._n))
        self._made = 0

    def block(self, state: str, n_samples: int) -> NDArray[np.float32]:
        """Return the next samples (n_samples, n_channels) in uV, the participant being in ``state`` all the time."""
        t = (self._made + np.arange(n_samples)) / self._rate_hz
        rows = self._background(n_samples)
        for name in RHYTHMS:
            rows += np.outer(self._rhythm(name, state, n_samples), self._patterns[name])
        rows += np.outer(self._flicker(state, t), self._occipital)
        rows += 0.7 * self._rng.standard_normal(rows.shape)
        if self._line_hz is not None:
            rows += np.outer(np.sin(2 * np.pi * self._line_hz * t), np.linspace(1.0, 3.0, self._n))
        if self._drift:
            steps = self._rng.standard_normal(rows.shape) * (3.0 / np.sqrt(self._rate_hz))
            rows += self._drift_uv + np.cumsum(steps, axis=0)
            self._drift_uv = 0.98 * (self._drift_uv + steps.sum(axis=0))
        self._events(rows)
        self._made += n_samples
        return rows.astype(np.float32)

    def _background(self, n: int) -> NDArray[np.float64]:
        total = np.zeros((N_BACKGROUND, n))
        for k, pole in enumerate(self._pink):
            noise = self._rng.standard_normal((N_BACKGROUND, n)) * np.sqrt(1 - pole**2)
            part, self._pink_state[k] = lfilter([1.0], [1.0, -pole], noise, axis=1, zi=self._pink_state[k])
            total += part
        return np.asarray(total.T @ self._mixing.T * (BACKGROUND_UV / np.sqrt(len(PINK_HZ))))

    def _rhythm(self, name: str, state: str, n: int) -> NDArray[np.float64]:
        noise = self._rng.standard_normal(n) * self._scales[name]
        wave, self._band_states[name] = sosfilt(self._bands[name], noise, zi=self._band_states[name])
        envelope = self._glide(self._gains[name], GAINS.get(state, {}).get(name, 1.0), n)
        self._gains[name] = float(envelope[-1])
        return np.asarray(wave * envelope)

    def _flicker(self, state: str, t: NDArray[np.float64]) -> NDArray[np.float64]:
        on = state.startswith("ssvep_")
        if on:
            self._ssvep_hz = float(state.removeprefix("ssvep_"))
        envelope = self._glide(self._ssvep_gain, float(on), t.size)
        self._ssvep_gain = float(envelope[-1])
        phase = 2 * np.pi * self._ssvep_hz * t
        return SSVEP_UV * envelope * (np.sin(phase) + 0.5 * np.sin(2 * phase + 0.7))

    def _glide(self, start: float, goal: float, n: int) -> NDArray[np.float64]:
        """Approach a new amplitude with a time constant of 0.2 s."""
        return goal + (start - goal) * np.exp(-np.arange(1, n + 1) / (0.2 * self._rate_hz))

    def _events(self, rows: NDArray[np.float64]) -> None:
        """Add blinks and bursts that begin in this block; what lasts beyond it is kept for the next one."""
        n, length = len(rows), len(self._tail)
        total = np.zeros((n + length, self._n))
        total[:length] += self._tail
        u = np.arange(length) / self._rate_hz
        for kind, rate in self._rates.items():
            draw, at, size = self._rng.random(3)
            if draw > rate * n / self._rate_hz:
                continue
            start = int(at * n)
            if kind == "blink":
                shape = np.exp(-((u - 0.15) ** 2) / (2 * 0.06**2)) * BLINK_UV * (0.7 + 0.6 * size)
                total[start : start + length] += np.outer(shape, self._frontal)
            else:
                burst = np.diff(self._rng.standard_normal(length + 1)) * 12.0 * np.sin(np.pi * u / u[-1]) ** 2
                total[start : start + length] += np.outer(burst, self._temporal)
        rows += total[:n]
        self._tail = total[n : n + length]


def _pattern(xyz: NDArray[np.float64], centre: str, spread_m: float) -> NDArray[np.float64]:
    distance = np.linalg.norm(xyz - positions([centre])[0], axis=1)
    return np.asarray(np.exp(-(distance**2) / (2 * spread_m**2)))
