"""Electrode sets: what a headset would have delivered of EEGMAT's recordings."""

from __future__ import annotations

import numpy as np
import pytest

from models.datasets.eegmat import CHANNELS
from models.training import workload
from models.training.electrode_sets import FULL, SMALLER, ElectrodeSet
from pipelines.plugins import make
from pipelines.signal import Channel, Chunk, StreamSpec, make_chunk
from pipelines.stage import Pipeline

SPEC = StreamSpec(200.0, tuple(Channel(f"EEG {name}") for name in CHANNELS), "EEGMAT")


def recording(seconds: float = 8.0) -> Chunk:
    rows = 10 * np.random.default_rng(0).standard_normal((round(200 * seconds), len(CHANNELS)))
    return make_chunk(rows.astype(np.float32), np.arange(len(rows)) / 200.0, 0)


def test_muse_is_made_of_the_declared_electrodes_and_reference() -> None:
    (muse,) = (s for s in SMALLER if s.name == "muse_4")
    chunk = recording()
    spec, worn = muse.put_on(SPEC, chunk)
    assert spec.names == ("TP9", "AF7", "AF8", "TP10")
    pole = chunk.samples[:, :2].mean(axis=1)
    for column, name in enumerate(("T7", "F7", "F8", "T8")):
        expected = chunk.samples[:, CHANNELS.index(name)] - pole
        np.testing.assert_allclose(worn.samples[:, column], expected, atol=1e-4)


def test_all_electrodes_change_nothing() -> None:
    spec, worn = FULL.put_on(SPEC, recording())
    np.testing.assert_array_equal(worn.samples, recording().samples)
    assert spec.names == CHANNELS
    assert FULL.stages(workload.STAGES) == workload.STAGES


@pytest.mark.parametrize("worn", SMALLER, ids=lambda worn: worn.name)
def test_stages_deliver_what_the_decoder_sees(worn: ElectrodeSet) -> None:
    spec, chunk = worn.put_on(SPEC, recording())
    assert chunk.samples.shape[1] == len(worn.electrodes)
    pipeline = Pipeline([make("stages", table) for table in worn.stages(workload.STAGES)])
    assert pipeline.prepare(spec).names == worn.channels
    assert worn.electrodes == tuple(dict.fromkeys(worn.electrodes))
    # Further electrodes do not matter.
    more = Pipeline([make("stages", table) for table in worn.stages(workload.STAGES)])
    assert more.prepare(spec.with_channels((Channel("Oz"), *spec.channels))).names == worn.channels


def test_absent_electrodes_are_interpolated_and_those_there_are_untouched() -> None:
    worn = SMALLER[0]
    assert worn.interpolate
    spec, chunk = worn.put_on(SPEC, recording())
    (select,) = (table for table in worn.stages(workload.STAGES) if table["kind"] == "select")
    pipeline = Pipeline([make("stages", select)])
    pipeline.prepare(spec)
    seen = pipeline.process(chunk).samples
    for name in CHANNELS:
        same = np.allclose(seen[:, CHANNELS.index(name)], recording().samples[:, CHANNELS.index(name)], atol=1e-4)
        assert same == (name in worn.electrodes), name
