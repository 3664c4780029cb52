"""Random processes that run on for ever in blocks: 1/f noise, band-limited noise, slow fluctuation.

Densities are per hertz, so the spectrum of a participant is the same at every sampling rate.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, freqz_sos, sosfilt, zpk2sos

SETTLE_S = 3.0
POLE_RATIO = 4.0


class FilteredNoise:
    """White Gaussian noise through second-order sections; the state is carried from block to block.

    Parameters
    ----------
    sos
        Second-order sections, shape (n_sections, 6).
    n_columns
        Number of independent processes.
    rate_hz
        Sampling rate.
    rng
        Its own generator, so that other parts never disturb it.
    """

    def __init__(self, sos: NDArray[np.float64], n_columns: int, rate_hz: float, rng: np.random.Generator) -> None:
        self._sos, self._n_columns, self._rng = sos, n_columns, rng
        self._state = np.zeros((len(sos), 2, n_columns))
        self.block(round(SETTLE_S * rate_hz))

    def block(self, n_samples: int) -> NDArray[np.float64]:
        """Return the next samples, shape (n_samples, n_columns)."""
        white = self._rng.standard_normal((n_samples, self._n_columns))
        filtered, self._state = sosfilt(self._sos, white, axis=0, zi=self._state)
        return filtered


def power_law_sections(
    rate_hz: float, *, exponent: float, corner_hz: float, density_at_1hz: float
) -> NDArray[np.float64]:
    """Return sections that turn unit white noise into noise with power density proportional to 1 / f^exponent.

    Real poles a factor of four apart, each followed by the zero that holds the mean slope (a Bode ladder); flat below
    ``corner_hz``.

    Parameters
    ----------
    rate_hz
        Sampling rate.
    exponent
        Between 0 and 2.
    corner_hz
        First pole.
    density_at_1hz
        One-sided power density at 1 Hz, in squared units per hertz.
    """
    poles_hz = corner_hz * POLE_RATIO ** np.arange(32)
    poles_hz = poles_hz[poles_hz < 0.45 * rate_hz]
    zeros_hz = poles_hz * POLE_RATIO ** (exponent / 2)
    zeros_hz = zeros_hz[zeros_hz < 0.45 * rate_hz]
    poles, zeros = (np.exp(-2 * np.pi * hz / rate_hz) for hz in (poles_hz, zeros_hz))
    sos = zpk2sos(zeros, poles, 1.0)
    _, response = freqz_sos(sos, worN=[1.0], fs=rate_hz)
    sos[0, :3] *= np.sqrt(density_at_1hz * rate_hz / 2) / np.abs(response[0])
    return np.asarray(sos)


def band_sections(rate_hz: float, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """Return sections that turn unit white noise into unit-rms noise between two frequencies.

    The upper edge is lowered to 0.45 of the rate where it lies above.
    """
    high_hz = min(high_hz, 0.45 * rate_hz)
    sos = np.asarray(butter(2, [low_hz, high_hz], "bandpass", fs=rate_hz, output="sos"))
    _, response = freqz_sos(sos, worN=1 << 14)
    sos[0, :3] /= np.sqrt(np.mean(np.abs(response) ** 2))
    return sos


class SlowFluctuation:
    """Unit-variance first-order fluctuation with a time constant, drawn once a block and joined by straight lines.

    Parameters
    ----------
    n_columns
        Number of independent processes.
    time_constant_s
        After which the correlation has fallen to 1/e.
    step_s
        Length of a block (s).
    rng
        Its own generator.
    """

    def __init__(self, n_columns: int, time_constant_s: float, step_s: float, rng: np.random.Generator) -> None:
        self._rng = rng
        self._keep = np.exp(-step_s / time_constant_s)
        self._now = rng.standard_normal(n_columns)

    def block(self, n_samples: int) -> NDArray[np.float64]:
        """Return the next block, shape (n_samples, n_columns); its end is the start of the next."""
        fresh = self._rng.standard_normal(self._now.shape)
        following = self._keep * self._now + np.sqrt(1 - self._keep**2) * fresh
        share = (np.arange(n_samples) / n_samples)[:, None]
        between: NDArray[np.float64] = (1 - share) * self._now + share * following
        self._now = following
        return between
