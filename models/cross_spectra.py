"""Band power of a window, for the decoders that rest on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal.windows import hann

from pipelines.errors import DecodeFailed

FLOOR = 1e-12


class CrossSpectra:
    """Covariances of a window in several bands, from one Fourier transform.

    With a Hann taper, the real cross-spectrum summed over the bins of a band is the covariance of the band-passed
    window (Parseval), so no filter is run again on overlapping windows.

    Parameters
    ----------
    rate_hz, n_samples
        Sampling rate and window length.
    bands_hz
        Edges of each band: low included, high excluded.
    """

    def __init__(self, rate_hz: float, n_samples: int, bands_hz: Sequence[tuple[float, float]]) -> None:
        frequencies = np.fft.rfftfreq(n_samples, 1 / rate_hz)
        self._taper = hann(n_samples, sym=False)[:, None]
        self._scale = 2.0 / (n_samples * float((self._taper**2).sum()))
        edges = [
            (int(np.searchsorted(frequencies, low)), int(np.searchsorted(frequencies, high))) for low, high in bands_hz
        ]
        self._slices = [slice(start, max(stop, start + 1)) for start, stop in edges]

    def _transform(self, samples: NDArray[np.floating]) -> NDArray[np.complex128]:
        rows = np.asarray(samples, dtype=np.float64)
        if not np.isfinite(rows).all():
            raise DecodeFailed("the window holds values that are not finite")
        return np.asarray(np.fft.rfft((rows - rows.mean(axis=0)) * self._taper, axis=0))

    def powers(self, samples: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return band powers (n_bands, n_channels) of samples (n_samples, n_channels), in units squared."""
        power = np.abs(self._transform(samples)) ** 2 * self._scale
        return np.stack([power[band].sum(axis=0) for band in self._slices])

    def covariances(self, samples: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return covariances (n_bands, n_channels, n_channels)."""
        spectrum = self._transform(samples)
        return np.stack([(spectrum[b].conj().T @ spectrum[b]).real * self._scale for b in self._slices])


def log_power(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Natural logarithm with a floor, so that a flat channel gives a finite value."""
    return np.log(np.maximum(power, FLOOR))
