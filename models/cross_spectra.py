"""Powers and covariances of a window in several frequency bands, from one Fourier transform."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.signal.windows import dpss

from pipelines.errors import DecodeFailed, RateMismatch

FLOOR = 1e-12


class CrossSpectra:
    """A filter bank without filters.

    By Parseval's theorem the real cross-spectrum, summed over the bins of a band, is the covariance of the tapered and
    band-passed window, so overlapping windows are not filtered again and again. Averaging over orthogonal tapers
    (discrete prolate spheroidal sequences) steadies the estimate: Thomson 1982, Proc. IEEE 70:1055.

    Parameters
    ----------
    rate_hz, n_samples
        Sampling rate and length of the windows.
    bands_hz
        Edges of the bands; the lower one belongs to the band, the upper one does not.
    n_tapers
        Tapers averaged; the time half-bandwidth product is ``(n_tapers + 1) / 2``.

    Raises
    ------
    RateMismatch
        If a band holds no frequency bin, or reaches beyond half the sampling rate.
    """

    def __init__(
        self, rate_hz: float, n_samples: int, bands_hz: Sequence[tuple[float, float]], n_tapers: int = 1
    ) -> None:
        self.n_samples = n_samples
        frequencies = np.arange(n_samples // 2 + 1) * (rate_hz / n_samples)
        self._bins = []
        for low, high in bands_hz:
            # Rounding must not push a bin that lies on an edge over it.
            start, stop = np.searchsorted(frequencies, np.array([low, high]) - 1e-9)
            if start >= stop or high > rate_hz / 2:
                raise RateMismatch(
                    f"the band {low:g}-{high:g} Hz cannot be measured at {rate_hz:g} Hz in {n_samples} samples"
                )
            self._bins.append(slice(int(start), int(stop)))
        self._tapers = _tapers(n_samples, n_tapers)
        # Twice for the one-sided spectrum; each taper has unit energy.
        self._scale = 2.0 / (n_samples * n_tapers)

    def _transform(self, samples: NDArray[np.floating]) -> NDArray[np.complex128]:
        """Return the spectra (n_tapers, n_bins, n_channels)."""
        if samples.shape[0] != self.n_samples:
            raise DecodeFailed(f"the window has {samples.shape[0]} samples, expected {self.n_samples}")
        rows = samples.astype(np.float64)
        means = rows.mean(axis=0)
        if not np.isfinite(means).all():
            raise DecodeFailed("the window holds values that are not finite")
        rows -= means
        return np.asarray(fft.rfft(self._tapers * rows, axis=1, overwrite_x=True))

    def powers(self, samples: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return mean-square values (n_bands, n_channels) of samples (n_samples, n_channels), in units squared.

        Raises
        ------
        DecodeFailed
            If the length is not the announced one or a value is not finite.
        """
        spectra = self._transform(samples)
        power = (spectra.real**2 + spectra.imag**2).sum(axis=0) * self._scale
        return np.stack([power[bins].sum(axis=0) for bins in self._bins])

    def covariances(self, samples: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return covariances (n_bands, n_channels, n_channels) of samples (n_samples, n_channels), in units squared.

        Raises
        ------
        DecodeFailed
            If the length is not the announced one or a value is not finite.
        """
        spectra = self._transform(samples)
        n = spectra.shape[2]
        found = np.empty((len(self._bins), n, n))
        for band, bins in enumerate(self._bins):
            part = spectra[:, bins].reshape(-1, n)
            found[band] = (part.conj().T @ part).real
        found *= self._scale
        return found


@lru_cache(maxsize=16)
def _tapers(n_samples: int, n_tapers: int) -> NDArray[np.float64]:
    """Return tapers (n_tapers, n_samples, 1), read-only: an eigenvalue problem, longer than all else here."""
    found = np.asarray(dpss(n_samples, (n_tapers + 1) / 2, n_tapers), dtype=np.float64)[:, :, None]
    tapers = np.ascontiguousarray(found)
    tapers.flags.writeable = False
    return tapers


def log_power(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Natural logarithm with a floor, so that a flat channel gives a finite value."""
    return np.log(np.maximum(power, FLOOR))
