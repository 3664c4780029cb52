"""How well windows correlate with flicker: canonical correlation with sines, in the Fourier domain.

Lin et al. 2006, IEEE Trans. Biomed. Eng. 53:2610 (correlation); Chen et al. 2015, J. Neural Eng. 12:046008 (sub-bands
from each harmonic upwards, and their weights). Scale-free: any unit, any rate, any channels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from pipelines.errors import SpecMismatch

Floats = NDArray[np.float64]

MARGIN_HZ = 2.0
"""Each sub-band begins so much below a harmonic of the lowest frequency."""


class FlickerCorrelation:
    """Scores of flicker frequencies.

    Parameters
    ----------
    frequencies_hz
        Of the flicker.
    harmonics
        Multiples of each frequency, the first included.
    sub_bands
        From the first, second … harmonic of the lowest frequency upwards.
    high_hz
        What lies above is ignored.
    rate_hz, n_samples, n_channels
        Of the windows.

    Raises
    ------
    SpecMismatch
        If a frequency does not lie below half the rate and ``high_hz``, or windows are too short.
    """

    def __init__(
        self,
        frequencies_hz: Sequence[float],
        harmonics: int,
        sub_bands: int,
        high_hz: float,
        *,
        rate_hz: float,
        n_samples: int,
        n_channels: int,
    ) -> None:
        top_hz = min(high_hz, rate_hz / 2)
        if max(frequencies_hz) >= top_hz:
            raise SpecMismatch(
                f"rate is {rate_hz:g} Hz and high_hz is {high_hz:g} Hz: {max(frequencies_hz):g} Hz must lie below "
                f"{top_hz:g} Hz"
            )
        self._n_scores = len(frequencies_hz)
        frequencies = fft.rfftfreq(n_samples, 1 / rate_hz)
        stop = int(np.searchsorted(frequencies, top_hz))
        self._bands: list[tuple[float, slice, list[Floats]]] = []
        for k in range(1, sub_bands + 1):
            start = max(1, int(np.searchsorted(frequencies, k * min(frequencies_hz) - MARGIN_HZ)))
            bins = slice(start, stop)
            if stop - start <= n_channels + harmonics:
                continue  # the channels could imitate anything in so narrow a band
            waves = [sines(f * np.arange(1, harmonics + 1), rate_hz, n_samples, top_hz) for f in frequencies_hz]
            self._bands.append((band_weight(k), bins, [_basis(spectrum(wave, bins)) for wave in waves]))
        if not self._bands:
            raise SpecMismatch(f"windows of {n_samples / rate_hz:g} s are too short for {n_channels} channels")

    def __call__(self, samples: Floats) -> Floats:
        """Return scores (n_frequencies,) of finite samples (n_samples, n_channels).

        They are the weighted sum over sub-bands of the squared canonical correlation; zeros if all channels are flat.
        """
        scores = np.zeros(self._n_scores)
        centred = samples - samples.mean(axis=0)
        deviation = centred.std(axis=0)
        alive = deviation > 1e-9 * np.abs(samples).max(axis=0)
        if not alive.any():
            return scores
        rows = centred[:, alive] / deviation[alive]
        for weight, bins, bases in self._bands:
            basis = _basis(spectrum(rows, bins))
            scores += weight * np.array([np.linalg.norm(basis.T @ wave, 2) ** 2 for wave in bases])
        return scores


def band_weight(k: int) -> float:
    """Return the weight of sub-band ``k``, counted from 1 (Chen et al. 2015, eq. 7)."""
    return float(k**-1.25 + 0.25)


def sines(multiples_hz: NDArray[np.floating], rate_hz: float, n_samples: int, top_hz: float) -> Floats:
    """Return sines and cosines (n_samples, 2 * n) of the frequencies below ``top_hz``."""
    angles = 2 * np.pi * np.outer(np.arange(n_samples) / rate_hz, multiples_hz[multiples_hz < top_hz])
    return np.hstack([np.sin(angles), np.cos(angles)])


def spectrum(rows: Floats, bins: slice) -> Floats:
    """Real and imaginary parts (..., 2 * n_bins, n_columns): rows (..., n_samples, n_columns) band-passed.

    They are coordinates in the Fourier basis: inner products of columns are those of the band-passed signals.
    """
    found = fft.rfft(rows, axis=-2)[..., bins, :]
    return np.concatenate([found.real, found.imag], axis=-2)


def _basis(columns: Floats) -> Floats:
    """Orthonormal basis of the span of columns (n_rows, n_columns); copies of a channel add nothing to it."""
    u, s, _ = np.linalg.svd(columns, full_matrices=False)
    return np.asarray(u[:, s > 1e-6 * s[0]])
