"""NWB files as DANDI distributes them, with everything personal that such files hold."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pynwb
from pynwb.file import Subject

PERSONAL = ("Somebody Known", "2013-08-21")


def new_file(n_units: int, columns: dict[str, list[Any]]) -> pynwb.NWBFile:
    """A file with ``n_units`` units on as many electrodes; ``columns`` are more columns of units."""
    nwb = pynwb.NWBFile(
        session_description="made up",
        identifier="made up",
        session_start_time=datetime(2013, 8, 21, tzinfo=UTC),
        experimenter=[PERSONAL[0]],
    )
    nwb.subject = Subject(subject_id="X", species="Macaca mulatta", age="P6Y", sex="M")
    device = nwb.create_device(name="array")
    group = nwb.create_electrode_group(name="M1", description="an array", location="M1", device=device)
    for name in columns:
        nwb.add_unit_column(name=name, description="made up")
    luck = np.random.default_rng(0)
    for number in range(n_units):
        nwb.add_electrode(group=group, location="M1", x=0.4 * number, y=1.0, z=0.0)
        nwb.add_unit(
            spike_times=np.sort(luck.uniform(0, 10, 60)),
            electrodes=[number],
            **{name: values[number] for name, values in columns.items()},
        )
    nwb.create_processing_module(name="behavior", description="kinematics")
    return nwb


def write(nwb: pynwb.NWBFile, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with pynwb.NWBHDF5IO(str(path), "w") as io:
        io.write(nwb)
