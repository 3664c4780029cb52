"""The stage of a fitted map: what it refuses."""

from __future__ import annotations

import pytest

from pipelines import plugins
from pipelines.errors import ChannelMismatch, ConfigError
from pipelines.signal import Channel, StreamSpec


def test_a_matrix_that_does_not_fit_its_channels_is_refused() -> None:
    with pytest.raises(ConfigError, match="2 channels need a matrix of 2 rows and columns"):
        plugins.make("stages", {"kind": "linear_map", "channels": ["Cz", "Pz"], "matrix": [[1.0, 0.0]]})
    with pytest.raises(ConfigError, match="named twice"):
        plugins.make("stages", {"kind": "linear_map", "channels": ["Cz", "CZ"], "matrix": [[1, 0], [0, 1]]})


def test_an_absent_channel_is_named() -> None:
    stage = plugins.make("stages", {"kind": "linear_map", "channels": ["Fz"], "matrix": [[1.0]]})
    with pytest.raises(ChannelMismatch, match="no EEG channel Fz; there are Cz"):
        stage.prepare(StreamSpec(100.0, (Channel("Cz", "eeg", "uV"),), "test"))
