from __future__ import annotations

import numpy as np
import pytest

from pipelines.signal import Channel, StreamSpec
from ui.scaling import STEPS, LaneScales, next_step, step_for

MIXED = StreamSpec(250.0, (Channel("Cz"), Channel("Pz"), Channel("x", "misc", "unknown")))


def spans(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


@pytest.mark.parametrize(("span", "step"), [(0.0, 0.001), (99, 100), (101, 200), (1e12, STEPS[-1])])
def test_the_step_holds_the_span(span: float, step: float) -> None:
    assert step_for(span) == pytest.approx(step)


def test_stepping_goes_one_two_five() -> None:
    assert [next_step(100, 1), next_step(100, -1), next_step(130, 1)] == pytest.approx([200, 50, 200])
    assert next_step(STEPS[0], -1) == STEPS[0]
    assert next_step(STEPS[-1], 1) == STEPS[-1]


def test_eeg_shares_a_scale_and_others_have_their_own() -> None:
    scales = LaneScales(MIXED)
    assert scales.fit(spans(30, 34, 4000), common=True)
    assert scales.per_lane().tolist() == [50, 50, 5000]
    assert scales.text() == "50 µV"


def test_a_small_change_of_amplitude_does_not_pump() -> None:
    scales = LaneScales(MIXED)
    scales.fit(spans(30, 34, 4000), common=True)
    assert not scales.fit(spans(22, 52, 4500), common=True)


def test_a_scale_set_by_hand_stays() -> None:
    scales = LaneScales(MIXED)
    scales.common = 20.0
    scales.fit(spans(900, 900, np.nan), common=False)
    assert scales.per_lane()[0] == 20


def test_silent_channels_do_not_count() -> None:
    scales = LaneScales(MIXED)
    assert not scales.fit(spans(np.nan, 0, np.nan), common=True)


def test_an_unknown_unit_is_not_called_microvolts() -> None:
    assert LaneScales(StreamSpec(250.0, (Channel("Cz", unit="unknown"),))).text() == "100 units"


def test_large_scales_are_written_in_millivolts() -> None:
    scales = LaneScales(MIXED)
    scales.common = 50_000.0
    assert scales.text() == "50 mV"
