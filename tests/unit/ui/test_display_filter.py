from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from pipelines.signal import Channel, StreamSpec
from ui.display_filter import DisplayFilter

SPEC = StreamSpec(250.0, (Channel("Cz"), Channel("aux", "misc", "unknown")))


def signal(seconds: float = 8.0) -> np.ndarray:
    times = np.arange(round(250 * seconds)) / 250
    wave = 20 * np.sin(2 * np.pi * 10 * times)
    return np.stack((wave + 5000, wave - 300), axis=1).astype(np.float32)


def never(samples: np.ndarray) -> np.ndarray:
    return np.zeros(len(samples), np.bool_)


def test_a_high_pass_takes_the_offset_off_every_channel() -> None:
    shown = DisplayFilter(SPEC, 1.0, 0.0, 0.0).process(signal(), never(signal()), 0)
    assert abs(shown[1000:].mean(axis=0)).max() < 0.5
    assert 18 < shown[1000:].max() < 22


def test_a_notch_takes_line_noise_out() -> None:
    times = np.arange(2500) / 250
    hum = np.repeat((50 * np.sin(2 * np.pi * 50 * times))[:, None], 2, axis=1).astype(np.float32)
    assert abs(DisplayFilter(SPEC, 0.0, 0.0, 50.0).process(hum, never(hum), 0)[1500:]).max() < 1


@pytest.mark.parametrize("edges", [(0.0, 0.0, 0.0), (0.0, 125.0, 200.0)])
def test_off_or_impossible_edges_leave_the_signal_alone(edges: tuple[float, float, float]) -> None:
    np.testing.assert_array_equal(DisplayFilter(SPEC, *edges).process(signal(), never(signal()), 0), signal())


def test_any_chunking_gives_the_same() -> None:
    samples, lost = signal(), never(signal())
    lost[700:720] = True
    samples[300, 0] = np.nan
    whole = DisplayFilter(SPEC, 1.0, 40.0, 50.0).process(samples, lost, 0)
    parts, cutter = DisplayFilter(SPEC, 1.0, 40.0, 50.0), [0, 1, 299, 301, 705, 1999, 2000]
    pieces = [parts.process(samples[a:b], lost[a:b], a) for a, b in pairwise(cutter)]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_lost_and_invalid_samples_are_not_a_number_and_harm_nothing_else() -> None:
    samples, lost = signal(), never(signal())
    lost[700:720] = True
    samples[700:720] = 1e12
    samples[300, 0] = np.nan
    shown = DisplayFilter(SPEC, 1.0, 0.0, 0.0).process(samples, lost, 0)
    assert np.isnan(shown[700:720]).all()
    assert np.isnan(shown[300, 0])
    assert np.isfinite(shown[300, 1])
    assert abs(np.delete(shown, [300, *range(700, 720)], axis=0)).max() < 60


def test_after_an_interruption_it_starts_in_the_steady_state() -> None:
    display = DisplayFilter(SPEC, 1.0, 0.0, 0.0)
    display.process(signal(), never(signal()), 0)
    display.interrupt()
    jumped = signal() + 1e5
    assert abs(display.process(jumped, never(jumped), 10_000)).max() < 60
