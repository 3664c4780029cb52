"""Counting frames: what is shown when, at which frequency, and what becomes of refreshes that are missed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bci_app.commands import InsertMarker
from bci_app.flicker_frames import brightness
from bci_app.frame_player import FramePlayer
from bci_app.paradigm import Paradigm
from bci_app.scenes import Flicker
from pipelines.errors import ConfigError
from pipelines.plugins import make


def ssvep(**settings: Any) -> Paradigm:
    paradigm: Paradigm = make("paradigms", {"kind": "ssvep", "blocks": 2, **settings})
    return paradigm


def play(player: FramePlayer, times_s: np.ndarray) -> list[InsertMarker]:
    return [marker for time_s in times_s for marker in player.shown(float(time_s))]


@pytest.mark.parametrize("refresh_hz", [50.0, 59.94, 60.0, 75.0, 119.88, 144.0, 240.0])
@pytest.mark.parametrize("frequency_hz", [8.0, 11.3, 15.0])
def test_a_sine_has_its_frequency_at_any_refresh_rate(refresh_hz: float, frequency_hz: float) -> None:
    n = round(20 * refresh_hz)
    wave = np.array([brightness(frequency_hz, "sine", frame, refresh_hz) for frame in range(n)])
    spectrum = np.abs(np.fft.rfft(wave - wave.mean()))
    assert np.fft.rfftfreq(n, 1 / refresh_hz)[spectrum.argmax()] == pytest.approx(frequency_hz, abs=0.05)
    assert 0 <= wave.min() < 0.05
    assert 0.95 < wave.max() <= 1


@pytest.mark.parametrize(("refresh_hz", "frequency_hz", "frames"), [(60.0, 12.0, 5), (60.0, 15.0, 4), (144.0, 8.0, 18)])
def test_a_square_wave_repeats_after_whole_frames(refresh_hz: float, frequency_hz: float, frames: int) -> None:
    wave = [brightness(frequency_hz, "square", frame, refresh_hz) for frame in range(10 * frames)]
    assert wave == wave[:frames] * 10
    assert sum(wave[:frames]) == (frames + 1) // 2
    assert sum(a < b for a, b in pairwise(wave)) == 9  # one onset a cycle


def test_a_square_wave_that_needs_half_frames_is_refused_with_those_that_can_be() -> None:
    with pytest.raises(ConfigError, match=r"8 Hz cannot be shown at 60 Hz.*12, 10, 8\.571.*wave = 'sine'"):
        FramePlayer(ssvep(wave="square", frequencies_hz=(8.0, 12.0)), 60.0)
    FramePlayer(ssvep(wave="square", frequencies_hz=(7.5, 12.0)), 60.0)
    FramePlayer(ssvep(wave="square", frequencies_hz=(8.0, 12.0)), 144.0)


def test_a_sine_faster_than_a_third_of_the_refresh_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"25 Hz cannot be shown at 60 Hz: a sine wave takes at most 20 Hz"):
        FramePlayer(ssvep(frequencies_hz=(10.0, 25.0)), 60.0)


@pytest.mark.parametrize("refresh_hz", [50.0, 60.0, 144.0])
def test_durations_are_whole_frames_and_do_not_drift(refresh_hz: float) -> None:
    player = FramePlayer(ssvep(), refresh_hz)
    assert player.n_frames == round(player.paradigm.duration_s * refresh_hz)
    markers = play(player, 10.0 + np.arange(player.n_frames) / refresh_hz)
    planned_s, time_s = [], 0.0
    for step in player.paradigm.steps:
        planned_s += [time_s] * len(step.markers)
        time_s += step.duration_s
    found = np.array([m.time_s for m in markers]) - 10.0
    assert np.abs(found - planned_s).max() <= 0.5 / refresh_hz + 1e-9


def test_missed_refreshes_are_counted_and_the_flicker_keeps_its_phase_on_the_clock() -> None:
    player = FramePlayer(ssvep(), 60.0)
    times_s = np.arange(player.n_frames) / 60.0
    keep = np.ones(len(times_s), dtype=bool)
    keep[[400, 401, 500]] = False  # refreshes at which nothing new was ready
    for time_s in times_s[keep]:
        scene, within = player.next_scene()
        player.shown(float(time_s))
        step, planned = player.step_at(round(time_s * 60.0))
        if isinstance(scene, Flicker) and round(time_s * 60.0) not in (402, 501):
            assert (scene, within) == (step.scene, planned)
    assert player.done
    timing = player.timing()
    assert timing.dropped_frames == 3
    assert timing.counted_hz == pytest.approx(60.0)


def test_a_late_frame_makes_the_stimulus_late_and_the_error_says_so() -> None:
    player = FramePlayer(ssvep(), 60.0)
    times_s = np.arange(player.n_frames) / 60.0
    onset = next(i for i in range(1, len(times_s)) if player.step_at(i)[1] == 0)
    times_s[onset] += 0.006
    play(player, times_s)
    timing = player.timing()
    assert timing.worst_error_ms == pytest.approx(6.0)
    assert timing.median_error_ms == pytest.approx(0.0, abs=1e-6)
    assert timing.dropped_frames == 0


def test_a_screen_that_is_a_little_slower_than_measured_does_not_drift_out_of_step() -> None:
    player = FramePlayer(ssvep(), 60.0)
    play(player, np.arange(player.n_frames) / 59.9)
    timing = player.timing()
    assert timing.dropped_frames == 0
    assert timing.counted_hz == pytest.approx(59.9)
    assert timing.worst_error_ms < 8.0


def test_frames_that_jitter_are_no_dropped_frames() -> None:
    player = FramePlayer(ssvep(), 60.0)
    jitter_s = np.random.default_rng(0).uniform(-0.004, 0.004, player.n_frames)
    play(player, np.arange(player.n_frames) / 60.0 + jitter_s)
    timing = player.timing()
    assert timing.dropped_frames == 0
    assert timing.counted_hz == pytest.approx(60.0, rel=1e-3)
    assert 0 < timing.median_error_ms < 8.0


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_frames_that_come_late_and_early_in_turn_keep_the_clock(seed: int) -> None:
    player = FramePlayer(ssvep(), 60.0, frame_locked=False)
    random = np.random.default_rng(seed)
    late_s = random.uniform(0.0, 0.016, 2 * player.n_frames)
    late_s[random.integers(0, len(late_s), 200)] += random.uniform(0.0, 0.12, 200)  # another process had the processor
    times_s = np.maximum.accumulate(np.arange(len(late_s)) / 60.0 + late_s)
    end_s = next(float(time_s) for time_s in times_s if player.shown(float(time_s)) is not None and player.done)
    assert player.timing().counted_hz == pytest.approx(60.0, rel=2e-3)
    assert end_s == pytest.approx(player.paradigm.duration_s, abs=0.15)


def test_a_marker_waits_until_its_scene_is_seen() -> None:
    player = FramePlayer(ssvep(), 60.0)
    onset = next(i for i in range(1, player.n_frames) if player.step_at(i)[1] == 0 and player.step_at(i)[0].markers)
    for frame in range(onset - 1):
        player.shown(frame / 60.0)
    scene, _ = player.next_scene()
    assert scene is player.step_at(onset - 1)[0].scene
    assert player.shown((onset + 1) / 60.0) == [], "the scene before was on the screen"
    (marker,) = player.shown((onset + 2) / 60.0)
    assert marker.time_s == (onset + 2) / 60.0


def test_a_pause_holds_the_run_and_repeats_the_trial() -> None:
    player = FramePlayer(ssvep(), 60.0)
    whole = [marker for step in player.paradigm.steps for marker in step.markers]
    before = play(player, np.arange(330) / 60.0)  # into the first trial's flicker
    assert before[-1].label.startswith("ssvep_")
    (held,) = player.pause(6.0)
    assert held.label == "pause"
    assert play(player, 6 + np.arange(120) / 60.0) == []
    player.resume()
    after = play(player, 100 + np.arange(player.n_frames) / 60.0)
    assert player.done
    assert after[0].label == before[-1].label
    assert after[0].time_s == 100.0
    assert [m.label for m in before] + [m.label for m in after[1:]] == whole
    assert player.timing().worst_error_ms < 1e-6
