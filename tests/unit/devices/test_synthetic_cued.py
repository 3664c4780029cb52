"""A simulated participant who obeys cues: states from the next sample on, responses locked to each stimulus."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.signal import welch

from devices.sources.synthetic import SyntheticSource
from pipelines.errors import StreamEnded
from pipelines.plugins import make
from pipelines.signal import Marker

RATE_HZ = 250.0
CHANNELS = ("C3", "C4", "Pz", "Oz", "O1", "O2")
QUIET = {"blinks": False, "muscle": False, "line_noise": False, "drift": False}


def cued(**settings: Any) -> SyntheticSource:
    table = {
        "kind": "synthetic",
        "paradigm": "cued",
        "speed": "max",
        "chunk_samples": 25,
        "channels": CHANNELS,
        **QUIET,
    }
    source: SyntheticSource = make("sources", {**table, **settings})
    return source


def played(source: SyntheticSource, cues: list[tuple[float, str]]) -> tuple[np.ndarray, list[Marker]]:
    """Return samples and markers of a source that is given cues at these times (s)."""
    samples, markers, waiting = [], [], list(cues)
    with source:
        source.open()
        while True:
            try:
                chunk = source.read(1.0)
            except StreamEnded:
                return np.concatenate(samples), markers
            assert chunk is not None
            samples.append(chunk.samples)
            markers += chunk.markers
            while waiting and chunk.times_s[-1] >= waiting[0][0]:
                assert not source.insert_marker(waiting[0][1], waiting[0][0])
                waiting.pop(0)


def power(rows: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    frequencies, density = welch(rows, RATE_HZ, nperseg=500, axis=0)
    return density[(frequencies >= low_hz) & (frequencies <= high_hz)].mean(axis=0)


def test_without_cues_it_rests() -> None:
    samples, markers = played(cued(duration_s=3.0), [])
    assert [m.label for m in markers] == ["rest"]
    again, _ = played(cued(duration_s=3.0), [])
    np.testing.assert_array_equal(samples, again)


def test_imagery_of_a_hand_weakens_the_rhythm_of_the_other_side() -> None:
    samples, markers = played(cued(duration_s=62.0), [(1.0, "left_hand"), (31.0, "right_hand")])
    assert [m.label for m in markers] == ["rest", "left_hand", "right_hand"]
    left, right = samples[500:7500], samples[8000:15500]
    ratio = np.log(power(left, 9, 12) / power(right, 9, 12))
    assert ratio[0] > 0.5, "C3 is stronger while the left hand is imagined"
    assert ratio[1] < -0.5


def test_the_state_ends_with_the_trial_and_other_words_mean_nothing() -> None:
    cues = [(1.0, "left_hand"), (2.0, "block"), (3.0, "trial_end"), (4.0, "anything"), (5.0, "row_3")]
    _, markers = played(cued(duration_s=6.0), cues)
    assert [m.label for m in markers] == ["rest", "left_hand", "rest"]
    begun_s = [m.time_s for m in markers]
    assert begun_s[1] == pytest.approx(1.1, abs=0.11)


def test_a_flicker_answers_at_its_frequency() -> None:
    samples, _ = played(cued(duration_s=42.0, frequencies_hz=(9.0, 15.0)), [(1.0, "ssvep_15")])
    frequencies, density = welch(samples[500:, 3], RATE_HZ, nperseg=1000)
    at = density[np.searchsorted(frequencies, 15.0)]
    beside = density[(frequencies > 13.5) & (frequencies < 14.5)].mean()
    assert at > 3 * beside


def test_targets_evoke_a_p300_locked_to_their_time_and_others_do_not() -> None:
    times_s = np.arange(2.0, 130.0, 1.0)
    labels = ["target" if n % 4 == 0 else "nontarget" for n in range(len(times_s))]
    samples, _ = played(cued(duration_s=132.0), list(zip(times_s.tolist(), labels, strict=True)))
    onsets = np.round(times_s * RATE_HZ).astype(int)
    epochs = np.stack([samples[i : i + 200] - samples[i - 25 : i].mean(axis=0) for i in onsets])
    is_target = np.array(labels) == "target"
    difference = epochs[is_target].mean(axis=0) - epochs[~is_target].mean(axis=0)
    peak_s = difference[:, 2].argmax() / RATE_HZ
    assert 0.28 < peak_s < 0.44
    assert difference[:, 2].max() > 4.0
    assert difference[75:110, 2].mean() > difference[75:110, 3].mean(), "largest over Pz"


def test_the_first_cue_on_a_screen_opens_the_eyes_for_good() -> None:
    samples, _ = played(cued(duration_s=62.0), [(30.0, "left_hand"), (31.0, "trial_end")])
    before, after = power(samples[:7000], 9, 12), power(samples[8500:], 9, 12)
    assert (after[4:] < 0.5 * before[4:]).all()
