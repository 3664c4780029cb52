from __future__ import annotations

import pytest

from devices.clock import now_s
from devices.pacing import Pacer
from pipelines.errors import ConfigError


def test_everything_is_due_at_maximum_speed() -> None:
    pacer = Pacer("max")
    pacer.start()
    assert pacer.wait_until_due(1e9, timeout_s=0.0)
    assert not pacer.is_real_time


def test_nothing_is_due_before_its_time() -> None:
    pacer = Pacer(1.0)
    pacer.start()
    for stream_time_s in (0.02, 0.04, 0.06):
        assert pacer.wait_until_due(stream_time_s, timeout_s=1.0)
        assert now_s() >= pacer.clock_s(stream_time_s)
    assert pacer.is_real_time


def test_a_short_timeout_ends_the_wait_and_the_sample_comes_later() -> None:
    pacer = Pacer(1.0)
    pacer.start()
    assert not pacer.wait_until_due(0.05, timeout_s=0.001)
    assert pacer.wait_until_due(0.05, timeout_s=1.0)


def test_zero_timeout_does_not_wait() -> None:
    pacer = Pacer(1e-3)
    pacer.start()
    assert not pacer.wait_until_due(1e6, timeout_s=0.0)


@pytest.mark.parametrize("speed", [0.5, 1.0, 4.0])
def test_due_times_are_reckoned_from_the_start_so_they_cannot_drift(speed: float) -> None:
    pacer = Pacer(speed)
    pacer.start(stream_time_s=100.0)
    assert pacer.clock_s(100.0) == pacer.start_s
    assert pacer.clock_s(3700.0) == pytest.approx(pacer.start_s + 3600.0 / speed, abs=1e-9)


@pytest.mark.parametrize("speed", [0.0, -1.0, float("inf"), float("nan")])
def test_impossible_speeds_are_refused(speed: float) -> None:
    with pytest.raises(ConfigError, match="speed"):
        Pacer(speed)
