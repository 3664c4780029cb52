"""Features of windows against SciPy's and scikit-learn's own."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import logm
from scipy.signal import welch
from sklearn.covariance import oas

from models.window_features import (
    FIVE_BANDS_HZ,
    PART_VALUES,
    covariances,
    in_parts,
    log_band_density,
    log_covariances,
    oas_covariances,
    stretch_means,
)
from pipelines.errors import RateMismatch

RNG = np.random.default_rng(0)
WINDOWS = (10 * RNG.standard_normal((5, 3, 1000)) + RNG.standard_normal((5, 1, 1000))).astype(np.float32)


def test_log_band_density_is_the_recipe() -> None:
    """Segments of 2 s, mean density from the lower edge to before the upper one, log(p + 1e-9)."""
    found = log_band_density(WINDOWS, 200.0, FIVE_BANDS_HZ).reshape(5, 3, 5)
    f, p = welch(WINDOWS.astype(np.float64), 200.0, nperseg=400)
    for band, (low, high) in enumerate(FIVE_BANDS_HZ):
        expected = np.log(p[..., (f >= low) & (f < high)].mean(axis=-1) + 1e-9)
        np.testing.assert_allclose(found[..., band], expected, rtol=1e-12)


def test_a_tone_is_in_its_band_at_any_rate() -> None:
    for rate_hz in (100.0, 128.0, 250.0, 512.0):
        tone = np.sin(2 * np.pi * 10.0 * np.arange(round(3 * rate_hz)) / rate_hz)[None, None]
        assert log_band_density(tone, rate_hz, FIVE_BANDS_HZ)[0].argmax() == 2


def test_short_windows_are_one_segment_and_an_empty_band_is_refused() -> None:
    short = WINDOWS[..., :160]
    f, p = welch(short.astype(np.float64), 200.0, nperseg=160)
    found = log_band_density(short, 200.0, [(8.0, 13.0)])
    np.testing.assert_allclose(found, np.log(p[..., (f >= 8) & (f < 13)].mean(axis=-1) + 1e-9), rtol=1e-12)
    with pytest.raises(ValueError, match=r"no frequency from 1 to 1\.2 Hz in 160 samples at 200 Hz"):
        log_band_density(short, 200.0, [(1.0, 1.2)])


def test_shrunk_covariances_are_scikit_learns() -> None:
    for windows in (WINDOWS, WINDOWS[..., :8]):
        expected = [oas(window.astype(np.float64).T)[0] for window in windows]
        np.testing.assert_allclose(oas_covariances(windows), expected, rtol=1e-9)


def test_covariance_of_a_band_holds_that_band_alone() -> None:
    t = np.arange(1000) / 200.0
    windows = np.stack([np.sin(2 * np.pi * 10 * t), np.sin(2 * np.pi * 25 * t)])[None]
    found = covariances(windows, 200.0, (8.0, 13.0))[0]
    assert found[0, 0] == pytest.approx(0.5, rel=0.05)
    assert found[1, 1] < 0.02
    with pytest.raises(RateMismatch, match="90-110 Hz"):
        covariances(windows, 200.0, (90.0, 110.0))


def test_log_covariances_are_the_matrix_logarithms() -> None:
    found = log_covariances(WINDOWS)
    assert found.shape == (5, 6)
    expected = np.array([logm(c) for c in oas_covariances(WINDOWS)])
    np.testing.assert_allclose(found[:, [0, 3, 5]], np.diagonal(expected, axis1=1, axis2=2), rtol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), np.linalg.norm(expected, axis=(1, 2)), rtol=1e-9)


def test_stretch_means() -> None:
    ramp = np.arange(20.0).reshape(1, 2, 10)
    np.testing.assert_array_equal(stretch_means(ramp, 4)[0], [[1.5, 5.5], [11.5, 15.5]])
    with pytest.raises(ValueError, match="10 samples is shorter than a stretch of 11"):
        stretch_means(ramp, 11)


def test_parts_make_no_difference() -> None:
    n = PART_VALUES // 4000
    many = RNG.standard_normal((2 * n + 3, 1, 4000)).astype(np.float32)
    assert many.dtype == np.float32
    sizes: list[int] = []

    def measure(part: np.ndarray) -> np.ndarray:
        sizes.append(len(part))
        assert part.dtype == np.float64
        return part.sum(axis=(1, 2))

    np.testing.assert_allclose(in_parts(many, measure), many.astype(np.float64).sum(axis=(1, 2)))
    assert sizes == [n, n, 3]
