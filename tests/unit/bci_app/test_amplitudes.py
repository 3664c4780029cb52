"""Amplitudes that cannot be those of EEG are found out, and by which factor they could be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bci_app.amplitudes import LEAST_UV, MOST_UV, doubt
from pipelines.channel_quality import ChannelQuality


def channels(*deviations_uv: float) -> list[ChannelQuality]:
    return [ChannelQuality("Cz", "good", uv, 4 * uv, 0.1, 0.9) for uv in deviations_uv]


@pytest.mark.parametrize("usual_uv", [3.0, 12.0, 50.0])
@pytest.mark.parametrize("factor", [1e-6, 1e-3, 1e3, 1e6])
def test_a_unit_that_is_wrong_is_doubted_with_the_factor_that_helps(usual_uv: float, factor: float) -> None:
    found = doubt(channels(usual_uv * factor, 0.0, 2 * usual_uv * factor, 0.9 * usual_uv * factor))
    assert found is not None
    assert found.factor == pytest.approx(1 / factor)
    assert ("Divide" if factor > 1 else "Multiply") in found.remedy()


@given(st.floats(1e-9, 1e12))
def test_what_it_proposes_is_never_doubted_again(deviation_uv: float) -> None:
    found = doubt(channels(deviation_uv))
    assert (found is None) == (LEAST_UV <= deviation_uv <= MOST_UV)
    if found is not None and found.remedy():
        assert doubt(channels(deviation_uv * found.factor)) is None


def test_flat_channels_and_one_bad_electrode_are_no_doubt() -> None:
    assert doubt(channels(0.0, 0.0)) is None
    assert doubt(channels(10.0, 12.0, 9000.0)) is None
    assert doubt(channels(float("nan"))) is None
