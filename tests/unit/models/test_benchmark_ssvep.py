"""The SSVEP benchmark and its data set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.benchmark.ssvep import decided, ssvep_accuracy
from models.dataset import Key, Labelled, Trial
from models.datasets.ssvep_exo import SsvepExo
from pipelines.signal import Channel, StreamSpec, make_chunk

RATE_HZ = 256.0


def test_trials_are_cut_at_their_cues() -> None:
    """The answer begins two seconds after the cue and lasts three: any other cut would miss part of it."""
    rng = np.random.default_rng(0)
    t = np.arange(round(60 * RATE_HZ)) / RATE_HZ
    rows = 1e-3 * rng.standard_normal((len(t), 8))
    cues = [(4.0, "17 Hz"), (14.0, "13 Hz"), (24.0, "21 Hz"), (34.0, "17 Hz"), (57.0, "13 Hz")]
    for at, label in cues:
        inside = (t >= at + 2) & (t < at + 5)
        rows[inside] += 1e-3 * np.sin(2 * np.pi * float(label.split()[0]) * t[inside])[:, None]
    spec = StreamSpec(RATE_HZ, tuple(Channel(f"e{i}", unit="unknown") for i in range(8)), "led")
    trials = tuple(Trial(at, at + 5.0, label) for at, label in cues)
    session = Labelled(Key("1"), spec, (make_chunk(rows, t, 0),), trials)
    # The last trial is not complete.
    assert decided(session) == [(label, label) for _, label in cues[:-1]]


@pytest.mark.shared
def test_accuracy_is_that_of_the_reference(shared_data: Path) -> None:
    """Reference: plain CCA 0.80-0.81 over eight people, by subject .85 .42 .98 .96 .77 .67 .99 .83."""
    accuracy = ssvep_accuracy(SsvepExo(shared_data / "ssvep_exo"), lambda _: None)
    assert 0.80 < np.mean(list(accuracy.values())) < 0.88
    assert list(accuracy) == [f"subject{k:02d}" for k in range(1, 9)]
    np.testing.assert_allclose(list(accuracy.values()), [0.85, 0.42, 0.98, 0.96, 0.77, 0.67, 0.99, 0.83], atol=0.1)
