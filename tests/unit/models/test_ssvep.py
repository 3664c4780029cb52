"""SSVEP without training: any rate, unit and channels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import subspace_angles

from models.decoder import Decoder
from pipelines.decision import Decision
from pipelines.errors import SpecMismatch
from pipelines.plugins import make
from pipelines.signal import Channel, StreamSpec, Window


def ready(rate_hz: float, n_channels: int, **settings: object) -> Decoder:
    decoder: Decoder = make("decoders", {"kind": "ssvep_cca", **settings})
    decoder.prepare(StreamSpec(rate_hz, tuple(Channel(f"e{i}", unit="unknown") for i in range(n_channels)), "led"))
    return decoder


def flicker(
    rate_hz: float, frequency_hz: float, n_channels: int = 6, seed: int = 0, snr: float = 0.5, seconds: float = 3.0
) -> np.ndarray:
    """1/f-like background, shared in part, and an answer with a harmonic, each channel with its own phase."""
    rng = np.random.default_rng(seed)
    n = round(seconds * rate_hz)
    t = np.arange(n) / rate_hz
    background = rng.standard_normal((n, n_channels)) + rng.standard_normal((n, 1))
    phases = rng.uniform(0, 2 * np.pi, n_channels)
    answer = np.sin(2 * np.pi * frequency_hz * t[:, None] + phases)
    answer += 0.5 * np.sin(4 * np.pi * frequency_hz * t[:, None] + 2 * phases)
    return (background + snr * answer).astype(np.float32)


def decide(decoder: Decoder, rows: np.ndarray) -> Decision:
    return decoder.decode(Window(rows, np.arange(len(rows)) / 250.0, 0, np.zeros(len(rows), np.uint8)))


@pytest.mark.parametrize("rate_hz", [100.0, 128.0, 250.0, 256.0, 1000.0])
@pytest.mark.parametrize("frequency_hz", [13.0, 17.0, 21.0])
def test_frequency_is_found_at_any_rate(rate_hz: float, frequency_hz: float) -> None:
    decoder = ready(rate_hz, 6)
    labels = [decide(decoder, flicker(rate_hz, frequency_hz, seed=seed)).label for seed in range(5)]
    assert labels == [f"{frequency_hz:g} Hz"] * 5


def test_frequencies_may_be_anything() -> None:
    decoder = ready(250.0, 3, frequencies_hz=(8.57, 10.0, 12.0, 15.0), window_s=4.0)
    assert decoder.spec.classes == ("8.57 Hz", "10 Hz", "12 Hz", "15 Hz")
    assert decide(decoder, flicker(250.0, 8.57, 3, seconds=4.0)).label == "8.57 Hz"


@pytest.mark.parametrize("factor", [1e-6, 1e3])
def test_unit_does_not_matter(factor: float) -> None:
    decoder, rows = ready(250.0, 6), flicker(250.0, 17.0)
    expected = decide(decoder, rows).probabilities
    np.testing.assert_allclose(decide(decoder, (rows * factor).astype(np.float32)).probabilities, expected, atol=1e-5)


def test_score_of_one_band_is_the_squared_canonical_correlation() -> None:
    """With one sub-band that holds the whole spectrum, the angle between the two spans in time."""
    rows = flicker(250.0, 13.0).astype(np.float64)
    decoder = ready(250.0, 6, frequencies_hz=(2.0, 13.0), harmonics=1, sub_bands=1, high_hz=124.9, sharpness=1.0)
    p = decide(decoder, rows.astype(np.float32)).probabilities
    t = np.arange(len(rows)) / 250.0
    rho = []
    for f in (2.0, 13.0):
        sines = np.column_stack([np.sin(2 * np.pi * f * t), np.cos(2 * np.pi * f * t)])
        rho.append(np.cos(subspace_angles(rows - rows.mean(axis=0), sines).min()) ** 2)
    # The only weight is 1 + 0.25; the log-odds of a softmax are the difference of the scores.
    assert np.log(p[1] / p[0]) == pytest.approx(1.25 * (rho[1] - rho[0]), abs=0.02)


def test_background_alone_makes_no_class_certain() -> None:
    decoder = ready(250.0, 6)
    tops = [max(decide(decoder, flicker(250.0, 13.0, seed=s, snr=0.0)).probabilities) for s in range(20)]
    assert np.mean(tops) < 0.6


def test_rest_is_a_class_if_a_score_is_given() -> None:
    decoder = ready(250.0, 6, rest_score=0.3)
    assert decoder.spec.classes == ("13 Hz", "17 Hz", "21 Hz", "rest")
    assert decide(decoder, flicker(250.0, 21.0, snr=1.0)).label == "21 Hz"
    assert decide(decoder, flicker(250.0, 21.0, snr=0.0)).label == "rest"


def test_copied_and_flat_channels_do_not_disturb() -> None:
    rows = flicker(250.0, 21.0, 4)
    doubled = np.column_stack([rows, rows[:, 0], np.zeros(len(rows), np.float32)])
    np.testing.assert_allclose(
        decide(ready(250.0, 6), doubled).probabilities, decide(ready(250.0, 4), rows).probabilities, atol=1e-5
    )


def test_flat_window_is_no_answer() -> None:
    decision = decide(ready(250.0, 6), np.full((750, 6), 3.5, np.float32))
    assert decision.abstained
    assert decision.reason == "all channels are flat"
    assert decision.probabilities == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_harmonics_beyond_half_the_rate_are_left_out() -> None:
    # At 50 Hz the second harmonics of 13, 17 and 21 Hz lie above 25 Hz.
    assert decide(ready(50.0, 3), flicker(50.0, 13.0, 3, snr=1.0)).label == "13 Hz"


def test_window_too_short_for_the_channels_is_refused() -> None:
    with pytest.raises(SpecMismatch, match=r"windows of 0.5 s are too short for 64 channels"):
        ready(250.0, 64, window_s=0.5)
