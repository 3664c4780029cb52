"""The simulated brain does what textbooks say brains do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import welch

from devices.sources.synthetic import TEN_TWENTY, Settings, build
from pipelines.errors import StreamEnded

RATE_HZ = 250
Spectra = dict[str, NDArray[np.float64]]


def spectra(
    duration_s: float, window_s: float = 2.0, channels: tuple[str, ...] = TEN_TWENTY, **settings: Any
) -> Spectra:
    """Play a paradigm and return the mean power density (n_frequencies, n_channels) of each state."""
    source = build(Settings(speed="max", duration_s=duration_s, channels=channels, **settings))
    source.open()
    samples, markers = [], []
    while True:
        try:
            chunk = source.read(0.0)
        except StreamEnded:
            break
        assert chunk is not None
        samples.append(chunk.samples)
        markers += chunk.markers
    whole = np.concatenate(samples).astype(np.float64)
    ends_s = [marker.time_s for marker in markers[1:]] + [duration_s]
    densities: dict[str, list[NDArray[np.float64]]] = {}
    for marker, end_s in zip(markers, ends_s, strict=True):
        part = whole[round((marker.time_s + 0.5) * RATE_HZ) : round(end_s * RATE_HZ)]
        n = round(window_s * RATE_HZ)
        if len(part) >= n:
            densities.setdefault(marker.label, []).append(welch(part, RATE_HZ, nperseg=n, axis=0)[1])
    return {state: np.mean(values, axis=0) for state, values in densities.items()}


def band(density: NDArray[np.float64], low_hz: float, high_hz: float, channel: str) -> float:
    frequency = np.fft.rfftfreq(2 * (len(density) - 1), 1 / RATE_HZ)
    inside = (frequency >= low_hz) & (frequency < high_hz)
    return float(density[inside, TEN_TWENTY.index(channel)].mean())


@pytest.fixture(scope="module")
def workload() -> Spectra:
    return spectra(240.0)


def test_arithmetic_lowers_posterior_alpha_and_theta_but_not_frontal_theta(workload: Spectra) -> None:
    rest, task = workload["rest"], workload["mental_arithmetic"]
    for channel in ("O1", "O2", "P3", "P4", "Pz"):
        assert 0.2 < band(task, 8, 13, channel) / band(rest, 8, 13, channel) < 0.6
    theta = {channel: band(task, 4.5, 8, channel) / band(rest, 4.5, 8, channel) for channel in ("Fz", "Pz")}
    assert 0.75 < theta["Fz"] < 1.3
    assert theta["Pz"] < 0.85 * theta["Fz"]


def test_arithmetic_tightens_muscles_and_moves_the_eyes() -> None:
    quiet = {"blinks": False, "drift": False, "line_noise": False}
    states = spectra(240.0, **quiet)
    rest, task = states["rest"], states["mental_arithmetic"]
    assert band(task, 60, 100, "F7") > 1.5 * band(rest, 60, 100, "F7")
    assert band(task, 2, 5, "F7") / band(rest, 2, 5, "F7") > band(task, 2, 5, "Pz") / band(rest, 2, 5, "Pz")


def test_resting_alpha_is_posterior_and_stands_out_of_a_falling_spectrum(workload: Spectra) -> None:
    rest = workload["rest"]
    assert band(rest, 9, 12, "O1") > 1.6 * band(rest, 9, 12, "Fz")
    assert band(rest, 9, 12, "O1") > 3 * band(rest, 5, 7, "O1")
    assert band(rest, 2, 3, "Cz") > 4 * band(rest, 5, 7, "Cz") * 0.5 > 10 * band(rest, 30, 40, "Cz")


def test_mains_hum_is_a_line_and_can_be_60_hz(workload: Spectra) -> None:
    assert band(workload["rest"], 49.5, 50.5, "Cz") > 20 * band(workload["rest"], 54, 58, "Cz")
    american = spectra(20.0, paradigm="rest", line_hz=60.0)["rest"]
    assert band(american, 59.5, 60.5, "Cz") > 10 * band(american, 49, 51, "Cz")


def test_closing_the_eyes_multiplies_alpha_and_stops_blinks() -> None:
    eyes = spectra(120.0, paradigm="eyes")
    for channel in ("O1", "O2"):
        assert 3 < band(eyes["eyes_closed"], 8, 13, channel) / band(eyes["eyes_open"], 8, 13, channel) < 15
    assert band(eyes["eyes_open"], 1, 4, "Fp1") > 2 * band(eyes["eyes_closed"], 1, 4, "Fp1")


def test_imagining_a_hand_lowers_mu_over_the_other_hemisphere() -> None:
    imagery = spectra(240.0, paradigm="imagery", block_s=5.0)
    for state, against, same in (("left_hand", "C4", "C3"), ("right_hand", "C3", "C4")):
        contralateral = band(imagery[state], 8, 13, against) / band(imagery["rest"], 8, 13, against)
        ipsilateral = band(imagery[state], 8, 13, same) / band(imagery["rest"], 8, 13, same)
        assert 0.2 < contralateral < 0.75
        assert contralateral < 0.75 * ipsilateral


def test_a_flicker_evokes_its_frequency_and_the_double_over_the_occiput() -> None:
    ssvep = spectra(200.0, window_s=4.0, paradigm="ssvep", block_s=5.0)
    for frequency_hz in (13.0, 17.0, 21.0):
        looking = ssvep[f"ssvep_{frequency_hz:g}"]
        for harmonic_hz in (frequency_hz, 2 * frequency_hz):
            peak = band(looking, harmonic_hz - 0.2, harmonic_hz + 0.2, "O1")
            assert peak > 1.5 * band(ssvep["rest"], harmonic_hz - 0.2, harmonic_hz + 0.2, "O1")
    assert band(ssvep["ssvep_17"], 16.8, 17.2, "O1") > 3 * band(ssvep["ssvep_17"], 16.8, 17.2, "Fz")


def test_jaw_muscles_are_heard_at_the_temples() -> None:
    quiet = {"paradigm": "rest", "blinks": False, "line_noise": False}
    with_muscle, without = (spectra(60.0, muscle=muscle, **quiet)["rest"] for muscle in (True, False))
    assert band(with_muscle, 60, 100, "T7") > 3 * band(without, 60, 100, "T7")
    assert band(with_muscle, 60, 100, "T7") > 2 * band(with_muscle, 60, 100, "Pz")
