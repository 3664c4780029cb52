"""Features of windows (n_windows, n_channels, n_times): log band power, covariances, means of short stretches."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import welch

from models.cross_spectra import CrossSpectra
from models.rest_features import SHRINKAGE
from models.tangent_space import shrink, tangent_vectors

Floats = NDArray[np.float64]
Bands = tuple[tuple[float, float], ...]

FIVE_BANDS_HZ: Bands = ((1.0, 4.0), (4.0, 8.0), (8.0, 13.0), (13.0, 30.0), (30.0, 45.0))
SEGMENT_S = 2.0
POWER_FLOOR = 1e-9
"""Added to each power density (unit²/Hz) before the logarithm."""
PART_VALUES = 2**18
"""Values of the windows measured at a time: they stay in the processor's cache."""


def log_band_density(windows: NDArray[np.floating], rate_hz: float, bands_hz: Sequence[tuple[float, float]]) -> Floats:
    """Return the log of the mean power density in each band, (n_windows, n_channels * n_bands).

    Welch 1967, IEEE Trans. Audio Electroacoust. 15:70, with Hann segments of 2 s (or the window, if that is shorter)
    that overlap by half. A band holds its lower edge and not its upper one.

    Raises
    ------
    ValueError
        If a band holds no frequency.
    """
    n_segment = min(round(SEGMENT_S * rate_hz), windows.shape[-1])
    frequencies = np.fft.rfftfreq(n_segment, 1 / rate_hz)
    inside = [(frequencies >= low - 1e-9) & (frequencies < high - 1e-9) for low, high in bands_hz]
    for (low, high), bins in zip(bands_hz, inside, strict=True):
        if not bins.any():
            raise ValueError(f"no frequency from {low:g} to {high:g} Hz in {n_segment} samples at {rate_hz:g} Hz")

    def measure(part: Floats) -> Floats:
        density = welch(part, rate_hz, nperseg=n_segment, axis=-1)[1]
        means = np.stack([density[..., bins].mean(axis=-1) for bins in inside], axis=-1)
        return np.asarray(np.log(means + POWER_FLOOR).reshape(len(part), -1))

    return in_parts(windows, measure)


def oas_covariances(windows: NDArray[np.floating]) -> Floats:
    """Return covariances (n_windows, n_channels, n_channels), shrunk by the oracle approximation.

    Chen et al. 2010, IEEE Trans. Signal Process. 58:5016, eq. 23, in the form of scikit-learn's ``oas``.
    """

    def measure(part: Floats) -> Floats:
        n_channels, n_times = part.shape[1:]
        rows = part - part.mean(axis=-1, keepdims=True)
        plain = rows @ rows.swapaxes(1, 2) / n_times
        level = np.trace(plain, axis1=1, axis2=2) / n_channels
        spread = (plain**2).mean(axis=(1, 2))
        excess = (n_times + 1) * (spread - level**2 / n_channels)
        amount = np.minimum(np.divide(spread + level**2, excess, out=np.ones_like(excess), where=excess > 0), 1.0)
        # The last term lets a flat window have a logarithm.
        identity = (amount * level + 1e-12)[:, None, None] * np.eye(n_channels)
        return np.asarray((1 - amount)[:, None, None] * plain + identity)

    return in_parts(windows, measure)


def band_covariances(
    windows: NDArray[np.floating], rate_hz: float, bands_hz: Sequence[tuple[float, float]], n_tapers: int = 1
) -> Floats:
    """Return covariances (n_windows, n_bands, n_channels, n_channels) of the window in each band.

    Raises
    ------
    RateMismatch
        If a band cannot be measured.
    """
    spectra = CrossSpectra(rate_hz, windows.shape[-1], bands_hz, n_tapers)
    return np.stack([spectra.covariances(window.T) for window in windows])


def covariances(windows: NDArray[np.floating], rate_hz: float, band_hz: tuple[float, float] | None) -> Floats:
    """Return covariances (n_windows, n_channels, n_channels): of the window as it is, or of one band."""
    if band_hz is None:
        return oas_covariances(windows)
    return shrink(band_covariances(windows, rate_hz, [band_hz])[:, 0], SHRINKAGE)


def log_covariances(windows: NDArray[np.floating]) -> Floats:
    """Return the matrix logarithm's upper triangle, (n_windows, n_channels * (n_channels + 1) / 2)."""
    found = oas_covariances(windows)
    return tangent_vectors(found[:, None], np.eye(found.shape[-1])[None])


def stretch_means(windows: NDArray[np.floating], n_stretch: int) -> Floats:
    """Return means of consecutive stretches of samples, (n_windows, n_channels, n_stretches); what is left is dropped.

    Raises
    ------
    ValueError
        If the window is shorter than a stretch.
    """
    n_windows, n_channels, n_times = windows.shape
    n_stretches = n_times // max(n_stretch, 1)
    if not n_stretches:
        raise ValueError(f"a window of {n_times} samples is shorter than a stretch of {n_stretch}")
    kept = windows[..., : n_stretches * max(n_stretch, 1)]
    return np.asarray(kept.reshape(n_windows, n_channels, n_stretches, -1).mean(axis=-1, dtype=np.float64))


def in_parts(windows: NDArray[np.floating], measure: Callable[[Floats], Floats]) -> Floats:
    """Apply a function of float64 windows to a part at a time, so that no float64 copy of all is ever made."""
    n = max(1, PART_VALUES // windows[0].size)
    parts = [measure(windows[i : i + n].astype(np.float64)) for i in range(0, len(windows), n)]
    return np.concatenate(parts)
