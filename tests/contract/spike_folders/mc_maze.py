"""One session of the training split, and one of the test split, which is not read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pynwb

from models.dataset import Key
from tests.contract.spike_folders.nwb import new_file, write


def make(folder: Path) -> Mapping[Key, Sequence[str]]:
    nwb = new_file(6, {"heldout": [False, True, False, False, True, False]})
    for name in ("hand_pos", "hand_vel"):
        values = np.random.default_rng(1).standard_normal((10_000, 2))
        nwb.processing["behavior"].add(
            pynwb.TimeSeries(name=name, data=values, unit="mm", rate=1000.0, starting_time=0.0)
        )
    for name in ("maze_id", "trial_version", "move_onset_time", "success"):
        nwb.add_trial_column(name=name, description="made up")
    for maze, version, onset, success in [(3, 0, 1.0, True), (4, 2, 3.0, True), (4, 1, 5.0, False), (9, 0, 7.0, True)]:
        nwb.add_trial(
            start_time=onset - 0.5,
            stop_time=onset + 0.6,
            maze_id=maze,
            trial_version=version,
            move_onset_time=onset,
            success=success,
        )
    write(nwb, folder / "sub-Jenkins" / "sub-Jenkins_ses-small_desc-train_behavior+ecephys.nwb")
    (folder / "sub-Jenkins" / "sub-Jenkins_ses-small_desc-test_ecephys.nwb").write_bytes(b"not read")
    return {Key("Jenkins", "small", "maze"): ["maze 3 version 0", "maze 4 version 2", "maze 9 version 0"]}
