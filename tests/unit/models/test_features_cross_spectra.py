"""Covariances and powers from one Fourier transform, against filtering and against theory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import csd
from scipy.signal.windows import dpss

from models.cross_spectra import CrossSpectra, log_power
from pipelines.errors import DecodeFailed, RateMismatch

RATE_HZ, N = 200.0, 1000
BANDS_HZ = ((4.0, 8.0), (8.0, 13.0), (13.0, 30.0))


def noise(seed: int = 0, n_channels: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((N, n_channels)).astype(np.float32)


def test_sine_has_its_power_in_its_band() -> None:
    t = np.arange(N) / RATE_HZ
    rows = np.column_stack([10 * np.sin(2 * np.pi * 10 * t), 4 * np.sin(2 * np.pi * 6 * t)])
    power = CrossSpectra(RATE_HZ, N, BANDS_HZ, 3).powers(rows)
    # A sine of amplitude a has the mean square a²/2.
    np.testing.assert_allclose(power[1, 0], 50, rtol=0.02)
    np.testing.assert_allclose(power[0, 1], 8, rtol=0.02)
    assert power[0, 0] < 0.01
    assert power[2, 1] < 0.01


def test_covariance_is_that_of_scipy_cross_spectra() -> None:
    rows = noise(1).astype(np.float64)
    rows -= rows.mean(axis=0)
    found = CrossSpectra(RATE_HZ, N, BANDS_HZ, 3).covariances(rows)
    frequencies = np.fft.rfftfreq(N, 1 / RATE_HZ)
    for band, (low, high) in enumerate(BANDS_HZ):
        inside = (frequencies >= low - 1e-9) & (frequencies < high - 1e-9)
        expected = np.zeros((3, 3))
        for taper in dpss(N, 2.0, 3):
            for i in range(3):
                density = csd(rows[:, [i]], rows, fs=RATE_HZ, window=taper, nperseg=N, detrend=False, axis=0)[1]
                expected[i] += density[inside].real.sum(axis=0) * RATE_HZ / N / 3
        np.testing.assert_allclose(found[band], expected, rtol=1e-9, atol=1e-12)


def test_powers_are_the_diagonal_of_the_covariances() -> None:
    spectra = CrossSpectra(RATE_HZ, N, BANDS_HZ, 2)
    rows = noise(2)
    np.testing.assert_allclose(
        spectra.powers(rows), np.diagonal(spectra.covariances(rows), axis1=1, axis2=2), rtol=1e-12
    )


def test_covariances_are_symmetric_and_positive() -> None:
    found = CrossSpectra(RATE_HZ, N, BANDS_HZ).covariances(noise(3))
    np.testing.assert_allclose(found, found.swapaxes(1, 2), atol=1e-15)
    assert (np.linalg.eigvalsh(found) > 0).all()


@given(st.floats(1e-6, 1e6), st.floats(-1e4, 1e4))
@settings(deadline=None, max_examples=20)
def test_scale_squares_and_offset_vanishes(scale: float, offset: float) -> None:
    spectra = CrossSpectra(RATE_HZ, N, BANDS_HZ)
    rows = noise(4).astype(np.float64)
    np.testing.assert_allclose(
        spectra.covariances(scale * (rows + offset)),
        scale**2 * spectra.covariances(rows),
        rtol=1e-6,
        atol=1e-9 * scale**2,
    )


def test_more_tapers_steady_the_estimate() -> None:
    def wandering(n_tapers: int) -> float:
        spectra = CrossSpectra(RATE_HZ, N, BANDS_HZ, n_tapers)
        return float(np.std([np.log(spectra.powers(noise(seed))) for seed in range(40)], axis=0).mean())

    assert wandering(3) < 0.95 * wandering(1)


@pytest.mark.parametrize("band", [(90.0, 110.0), (10.05, 10.15), (30.0, 20.0)])
def test_band_that_cannot_be_measured_is_refused(band: tuple[float, float]) -> None:
    with pytest.raises(RateMismatch, match="cannot be measured at 200 Hz"):
        CrossSpectra(RATE_HZ, N, [band])


def test_wrong_length_and_values_are_refused() -> None:
    spectra = CrossSpectra(RATE_HZ, N, BANDS_HZ)
    with pytest.raises(DecodeFailed, match="999 samples, expected 1000"):
        spectra.powers(noise()[:-1])
    rows = noise()
    rows[3, 1] = np.nan
    with pytest.raises(DecodeFailed, match="not finite"):
        spectra.covariances(rows)


def test_logarithm_of_nothing_is_finite() -> None:
    assert np.isfinite(log_power(np.array([0.0, 1e-30, 1.0]))).all()
