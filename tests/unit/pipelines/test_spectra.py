"""Spectra against SciPy's; bands and peaks against signals whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import spectrogram, welch

from pipelines.spectra import BANDS_HZ, SegmentSpectra, band_power, decibel, peak_frequency

RATE_HZ = 250.0


def signal(seconds: float, n_channels: int = 3, rate_hz: float = RATE_HZ) -> np.ndarray:
    rng = np.random.default_rng(5)
    drift = np.cumsum(rng.normal(size=(round(seconds * rate_hz), n_channels)), axis=0)
    return (1000 + drift + rng.normal(0, 5, drift.shape)).astype(np.float32)


def fed(target: SegmentSpectra, samples: np.ndarray, lost: np.ndarray | None = None) -> SegmentSpectra:
    lost = np.zeros(len(samples), np.bool_) if lost is None else lost
    for _ in range(target.due(len(samples))):
        start = target.next_number * target.hop
        target.add(samples[start : start + target.n_segment], lost[start : start + target.n_segment])
    return target


@pytest.mark.parametrize(("segment_s", "rate_hz"), [(2.0, 250.0), (1.0, 125.0), (0.5, 1000.0)])
def test_the_mean_is_scipys_welch(segment_s: float, rate_hz: float) -> None:
    samples = signal(30, rate_hz=rate_hz)
    n = round(segment_s * rate_hz)
    target = fed(SegmentSpectra(rate_hz, 3, segment_s, segment_s / 2, 1000), samples)
    frequencies, expected = welch(samples.astype(np.float64), rate_hz, nperseg=n, noverlap=n - target.hop, axis=0)
    density, count = target.mean(1000)
    np.testing.assert_allclose(target.frequencies_hz, frequencies)
    np.testing.assert_allclose(density, expected, rtol=1e-4)
    assert count == (len(samples) - n) // target.hop + 1


def test_the_segments_are_scipys_spectrogram() -> None:
    samples = signal(12)
    target = fed(SegmentSpectra(RATE_HZ, 3, 1.0, 0.1, 200, max_hz=60), samples)
    _, _, expected = spectrogram(
        samples.astype(np.float64), RATE_HZ, "hann", nperseg=250, noverlap=225, detrend="constant", axis=0
    )
    found = target.last(target.next_number)
    # Single precision: what is far below the strongest part of a segment is known less well.
    np.testing.assert_allclose(found.transpose(1, 2, 0), expected[:61], rtol=1e-4, atol=1e-6 * float(expected.max()))


@settings(max_examples=25, deadline=None)
@given(ends=st.lists(st.integers(0, 3000), min_size=1, max_size=10))
def test_how_the_samples_came_makes_no_difference(ends: list[int]) -> None:
    samples = signal(12)
    whole, parts = (SegmentSpectra(RATE_HZ, 3, 1.0, 0.25, 64) for _ in range(2))
    fed(whole, samples)
    for end in [*sorted(ends), len(samples)]:
        fed(parts, samples[:end])
    np.testing.assert_array_equal(parts.last(64), whole.last(64))


def test_missing_samples_cost_their_segments_and_a_nan_its_channel() -> None:
    samples, lost = signal(10), np.zeros(2500, np.bool_)
    lost[1000] = True
    samples[2000, 1] = np.nan
    target = fed(SegmentSpectra(RATE_HZ, 3, 1.0, 1.0, 10), samples, lost)
    missing = np.isnan(target.last(10)).all(axis=1)
    assert np.argwhere(missing).tolist() == [[4, 0], [4, 1], [4, 2], [8, 1]]
    density, count = target.mean(10)
    assert np.isfinite(density).all()
    assert count == 9


def test_what_is_skipped_is_missing_and_only_the_newest_are_kept() -> None:
    samples = signal(10)
    target = SegmentSpectra(RATE_HZ, 3, 1.0, 1.0, 4)
    assert target.due(len(samples)) == 10
    target.skip_to(8)
    assert target.due(len(samples)) == 2
    fed(target, samples)
    assert np.isnan(target.last(99)[:, 0, 0]).tolist() == [True, True, False, False]
    assert np.isnan(SegmentSpectra(RATE_HZ, 3, 1.0, 1.0, 4).mean(4)[0]).all()


def test_band_power_is_the_power_of_a_sine_in_its_band_alone() -> None:
    times = np.arange(2500) / RATE_HZ
    sine = (20 * np.sin(2 * np.pi * 10 * times))[:, None].astype(np.float32)
    target = fed(SegmentSpectra(RATE_HZ, 1, 2.0, 1.0, 10), sine)
    density, _ = target.mean(10)
    powers = {name: band_power(density, target.frequencies_hz, band)[0] for name, band in BANDS_HZ.items()}
    assert powers["alpha"] == pytest.approx(200, rel=1e-3)
    assert powers["beta"] < 1e-3
    assert np.isnan(band_power(density, target.frequencies_hz, (130.0, 200.0))).all()
    assert decibel(np.array([100.0, 0.0])).tolist() == pytest.approx([20, -60])


def test_the_peak_is_the_rhythm_and_not_the_slope() -> None:
    frequencies = np.arange(1, 200) * 0.5
    slope = 1000 / frequencies**1.5
    bump = slope * (1 + 8 * np.exp(-(((frequencies - 10.5) / 1.0) ** 2)))
    found = peak_frequency(frequencies, bump, (2, 40))
    assert found is not None
    assert found[0] == 10.5
    assert found[1] == pytest.approx(bump[20])
    assert peak_frequency(frequencies, slope, (2, 40)) is None
    assert peak_frequency(frequencies, np.full(199, np.nan), (2, 40)) is None
