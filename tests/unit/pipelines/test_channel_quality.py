"""The quality meter finds each fault that is put in, and nothing else, however the signal is cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.channel_quality import ChannelQuality, QualityMeter, QualitySettings
from pipelines.signal import Channel, StreamSpec, make_chunk

NAMES = ("Fp1", "Fp2", "C3", "C4", "Cz", "Pz", "O1", "O2")
SPEC = StreamSpec(250.0, tuple(Channel(name) for name in NAMES), "cap")


def signal(seconds: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(4)
    n = round(seconds * SPEC.rate_hz)
    common = np.cumsum(rng.normal(0, 2, (n, 1)), axis=0)
    return 500 + common + rng.normal(0, 4, (n, len(NAMES)))


def judged(samples: np.ndarray, spec: StreamSpec = SPEC, **limits: float) -> dict[str, ChannelQuality]:
    meter = QualityMeter(QualitySettings(**limits), spec)
    found = meter.push(make_chunk(samples, np.arange(len(samples)) / spec.rate_hz, 0))
    return {one.name: one for one in found}


def hum(hz: float, rms_uv: float, n: int = 250) -> np.ndarray:
    return rms_uv * np.sqrt(2) * np.sin(2 * np.pi * hz * np.arange(n) / 250 + 0.7)


def test_a_good_cap_is_good() -> None:
    assert {one.verdict for one in judged(signal()).values()} == {"good"}


@pytest.mark.parametrize(
    ("verdict", "spoil"),
    [
        ("flat", lambda x: np.full_like(x, x[0])),
        ("railed", lambda x: np.where(np.arange(len(x)) < 200, 187500.0, x)),
        ("not finite", lambda x: np.where(np.arange(len(x)) == 7, np.nan, x)),
        ("line noise", lambda x: x + hum(50, 60)),
        ("line noise", lambda x: x + hum(60, 60)),
        ("noisy", lambda x: x + np.random.default_rng(1).normal(0, 400, len(x))),
        ("uncorrelated", lambda x: hum(7, 5) + hum(11, 6)),
    ],
)
def test_each_fault_is_found_where_it_is(verdict: str, spoil: object) -> None:
    x = signal()
    x[:, 3] = spoil(x[:, 3])  # type: ignore[operator]
    found = judged(x)
    assert found.pop("C4").verdict == verdict
    assert {one.verdict for one in found.values()} == {"good"}


def test_the_values_are_those_that_were_put_in() -> None:
    n = np.arange(250)
    x = np.tile((20 * np.sqrt(2) * np.sin(2 * np.pi * 10 * n / 250))[:, None], (1, 8))
    x[:, 1] += hum(50, 10)
    x += 3 * n[:, None]  # drift is no noise
    found = judged(x)
    assert found["Fp1"].deviation_uv == pytest.approx(20, rel=0.02)
    assert found["Fp2"].line_ratio == pytest.approx(0.5, rel=0.05)
    assert found["Fp1"].correlation == pytest.approx(1, abs=0.01)
    assert np.isnan(found["Fp1"].impedance_kohm)


def test_impedances_come_from_the_channels_that_carry_them() -> None:
    spec = StreamSpec(250.0, (*SPEC.channels, Channel("C3 impedance", "impedance", "Ohm")), "board")
    x = np.column_stack((signal(), np.full(250, 80e3)))
    found = judged(x, spec)
    assert found["C3"].impedance_kohm == pytest.approx(80)
    assert found["C3"].verdict == "impedance"
    assert found["C4"].verdict == "good"
    assert judged(x, spec, max_impedance_kohm=100)["C3"].verdict == "good"


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(1, 1199), max_size=12))
def test_chunking_changes_no_value(cuts: list[int]) -> None:
    x = signal(4.8)
    borders = sorted({0, len(x), *cuts})
    whole, cut = QualityMeter(QualitySettings(), SPEC), QualityMeter(QualitySettings(), SPEC)
    last: tuple[ChannelQuality, ...] = ()
    for start, stop in pairwise(borders):
        last = cut.push(make_chunk(x[start:stop], np.arange(start, stop) / 250, start)) or last
    expected = whole.push(make_chunk(x, np.arange(len(x)) / 250, 0))
    assert [(a.name, a.verdict, a.deviation_uv) for a in last] == [
        (b.name, b.verdict, b.deviation_uv) for b in expected
    ]


def test_a_block_with_a_gap_is_not_judged_and_few_channels_are_not_compared() -> None:
    x, meter = signal(2.0), QualityMeter(QualitySettings(), SPEC)
    assert meter.push(make_chunk(x[:100], np.arange(100) / 250, 0)) == ()
    assert meter.push(make_chunk(x[:100], np.arange(150, 250) / 250, 150, gap_before=50)) == ()
    assert len(meter.push(make_chunk(x[:250], np.arange(250, 500) / 250, 250))) == 8
    few = StreamSpec(250.0, SPEC.channels[:2], "two")
    assert np.isnan(judged(x[:250, :2], few)["Fp1"].correlation)
    none = StreamSpec(250.0, (Channel("acc", "misc", "unknown"),), "none")
    assert judged(x[:250, :1], none) == {}
