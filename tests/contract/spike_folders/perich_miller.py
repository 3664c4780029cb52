"""Two sessions of centre-out reaches and one of random targets, which is not read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pynwb

from models.dataset import Key
from tests.contract.spike_folders.nwb import new_file, write

TIMES_S = np.arange(0.0, 10.0, 0.01)


def make(folder: Path) -> Mapping[Key, Sequence[str]]:
    for day in ("20161014", "20161021"):
        nwb = new_file(5, {})
        behaviour = nwb.processing["behavior"]
        cursor = np.stack([np.sin(TIMES_S), np.cos(TIMES_S)], axis=1)
        series = pynwb.behavior.SpatialSeries(
            name="cursor_pos", data=cursor, reference_frame="made up", timestamps=TIMES_S, unit="cm"
        )
        behaviour.add(pynwb.behavior.Position(spatial_series=series, name="Position"))
        velocity = pynwb.TimeSeries(
            name="cursor_vel", data=np.gradient(cursor, 0.01, axis=0), unit="cm/s", timestamps=TIMES_S
        )
        behaviour.add(pynwb.behavior.BehavioralTimeSeries(time_series=velocity, name="Velocity"))
        for name in ("target_id", "go_cue_time", "result"):
            nwb.add_trial_column(name=name, description="made up")
        rows = [(0.0, 0.5, "R"), (3.0, 2.5, "R"), (1.0, 4.5, "F"), (np.nan, 6.5, "R"), (7.0, 8.5, "R")]
        for target, go, result in rows:
            nwb.add_trial(start_time=go - 0.4, stop_time=go + 1.0, target_id=target, go_cue_time=go, result=result)
        write(nwb, folder / "sub-C" / f"sub-C_ses-CO-{day}_behavior+ecephys.nwb")
    (folder / "sub-C" / "sub-C_ses-RT-20161101_behavior+ecephys.nwb").write_bytes(b"not read")
    labels = ["target 0", "target 3", "target 7"]
    return {Key("C", day, "centre-out"): labels for day in ("20161014", "20161021")}
