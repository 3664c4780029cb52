"""Spectra of a live stream: the same whatever comes at once, bounded at each look, honest about what is missing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import welch

from pipelines.signal import Channel, StreamSpec, make_chunk
from ui import live_spectra
from ui.live_spectra import LiveSpectra

SPEC = StreamSpec(100.0, (Channel("Cz"), Channel("Pz")))
SAMPLES = np.random.default_rng(2).normal(0, 10, (4000, 2)).astype(np.float32)


def live() -> LiveSpectra:
    return LiveSpectra(SPEC, 1.0, 0.5, 30.0, 40.0)


def push(target: LiveSpectra, start: int, stop: int, gap: int = 0) -> None:
    target.push(make_chunk(SAMPLES[start:stop], np.arange(start, stop) / 100 + 5, start + gap, gap_before=gap))


@pytest.mark.parametrize("step", [7, 130, 2000])
def test_the_mean_is_welchs_however_the_samples_came(step: int) -> None:
    target = live()
    for start in range(0, 2000, step):
        push(target, start, min(start + step, 2000))
        while target.update():
            pass
    density, seconds = target.mean(10.0)
    _, expected = welch(SAMPLES[1000:2000].astype(np.float64), 100.0, nperseg=100, axis=0)
    np.testing.assert_allclose(density, expected[:41], rtol=1e-4)
    assert seconds == pytest.approx(10.0)


def test_one_look_does_a_bounded_amount_of_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_spectra, "MAX_VALUES", 5 * 100 * 2)
    target, looks = live(), 1
    push(target, 0, 2000)
    while target.update():
        looks += 1
    assert looks == 8  # 39 segments, five at a time
    assert np.isfinite(target.last(15.0)).all()


def test_a_gap_costs_the_segments_that_hold_it() -> None:
    target = live()
    push(target, 0, 1000)
    push(target, 1000, 2000, gap=25)
    target.update()
    missing = np.isnan(target.last(15.0)[:, 0, 0])
    assert missing.sum() == 2
    assert target.mean(15.0)[1] < 15.0


def test_what_waited_too_long_is_missing_and_the_newest_is_there() -> None:
    target = live()
    push(target, 0, 10)
    target.update()
    for start in range(10, 4000, 190):
        push(target, start, min(start + 190, 4000))
    while target.update():
        pass
    whole = live()
    for start in range(0, 4000, 200):
        push(whole, start, start + 200)
        whole.update()
    np.testing.assert_array_equal(target.last(25.0), whole.last(25.0))


def test_a_stream_that_counts_anew_begins_anew() -> None:
    target = live()
    push(target, 0, 2000)
    target.update()
    push(target, 0, 50)
    target.update()
    assert np.isnan(target.last(5.0)).all()
    assert target.mean(5.0)[1] == 0.0
