"""Renaming channels and marking them bad."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.errors import ChannelMismatch
from pipelines.montage import positions, spline_weights
from pipelines.plugins import make
from pipelines.signal import Channel, StreamSpec, make_chunk
from pipelines.stage import Pipeline

NAMES = ("EEG1", "EEG2", "Cz", "Pz", "O1", "O2", "aux")
SPEC = StreamSpec(250.0, (*(Channel(name) for name in NAMES[:-1]), Channel("aux", "misc", "unknown")), "board")
X = np.random.default_rng(0).normal(0, 10, (50, 7)).astype(np.float32)
CHUNK = make_chunk(X, np.arange(50) / 250, 0)


def test_names_are_exchanged_and_samples_pass() -> None:
    stage = make("stages", {"kind": "rename", "names": {"EEG1": "C3", "EEG2": "C4"}})
    assert stage.prepare(SPEC).names == ("C3", "C4", *NAMES[2:])
    np.testing.assert_array_equal(stage.process(CHUNK).samples, X)


@pytest.mark.parametrize(
    ("names", "complaint"), [({"EEG9": "C3"}, "EEG9.*there are EEG1"), ({"EEG1": "Cz"}, "several channels.*Cz")]
)
def test_impossible_names_are_refused(names: dict[str, str], complaint: str) -> None:
    with pytest.raises(ChannelMismatch, match=complaint):
        make("stages", {"kind": "rename", "names": names}).prepare(SPEC)


def test_a_bad_channel_is_told_and_replaced_by_the_others() -> None:
    rename = make("stages", {"kind": "rename", "names": {"EEG1": "C3", "EEG2": "C4"}})
    pipeline = Pipeline([rename, make("stages", {"kind": "mark_bad", "channels": ["c3"]})])
    pipeline.prepare(SPEC)
    out = pipeline.process(CHUNK)
    assert out.bad_channels == {"C3"}
    good = ("C4", "Cz", "Pz", "O1", "O2")
    expected = X[:, 1:6] @ spline_weights(positions(good), positions(["C3"])).T
    np.testing.assert_allclose(out.samples[:, [0]], expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(out.samples[:, 1:], X[:, 1:])


def test_a_bad_channel_may_be_left_as_it_is() -> None:
    stage = make("stages", {"kind": "mark_bad", "channels": ["EEG1"], "interpolate": False})
    stage.prepare(SPEC)
    out = stage.process(CHUNK)
    assert out.bad_channels == {"EEG1"}
    np.testing.assert_array_equal(out.samples, X)


@pytest.mark.parametrize(
    ("channels", "complaint"),
    [
        (["T9"], "no EEG channel T9"),
        (["EEG1"], "no 10-05 position is known for: EEG2"),
        (["EEG1", "EEG2", "Cz"], "3 good channels are too few"),
    ],
)
def test_what_cannot_be_replaced_is_refused(channels: list[str], complaint: str) -> None:
    with pytest.raises(ChannelMismatch, match=complaint):
        make("stages", {"kind": "mark_bad", "channels": channels}).prepare(SPEC)
