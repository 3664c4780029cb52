"""Perich and Miller: centre-out reaches of macaques, Utah arrays in motor and premotor cortex (DANDI 000688).

- Files ``sub-X/sub-X_ses-CO-YYYYMMDD_behavior+ecephys.nwb``; sessions named RT (random targets) are not read.
- ``processing/behavior``: ``Position/cursor_pos`` (cm) and ``Velocity/cursor_vel`` (cm/s).
- Trials: ``target_id`` 0 to 7, ``go_cue_time``, ``result`` (R: rewarded).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import Field

from models.dataset import Key, Trial
from models.spikes.loader import SpikeAbout, chosen, found
from models.spikes.nwb_files import Row, column, read_nwb
from models.spikes.recording import Recording
from pipelines.plugins import PluginSettings

ABOUT = SpikeAbout(
    title="Perich and Miller 2018, centre-out",
    citation="Perich, Gallego & Miller 2018, Neuron 100:964, doi:10.1016/j.neuron.2018.09.030",
    licence="CC BY 4.0",
    url="https://dandiarchive.org/dandiset/000688",
    how_to_get="Get dandiset 000688 (open): dandi download DANDI:000688.",
    cautions=(
        "Sessions of one monkey share electrodes, not units: the number of a unit means nothing on another day.",
    ),
)
NAME = re.compile(r"sub-([^_]+)_ses-CO-([^_]+)_.*\.nwb")
WHERE = {"position": ("Position", "cursor_pos"), "velocity": ("Velocity", "cursor_vel")}


class Settings(PluginSettings):
    """Where the files are."""

    folder: str = Field("", description="Folder with sub-X/sub-X_ses-CO-DATE_behavior+ecephys.nwb.")


class PerichMiller:
    """The recordings in a folder."""

    about = ABOUT

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _table(self) -> dict[Key, Path]:
        paths = found(self._folder, "**/*_ses-CO-*.nwb", ABOUT)
        matches = ((NAME.fullmatch(path.name), path) for path in paths)
        return {Key(m.group(1), m.group(2), "centre-out"): path for m, path in matches if m}

    def keys(self) -> Sequence[Key]:
        """Return monkeys and sessions."""
        return sorted(self._table())

    def read(self, key: Key) -> Recording:
        """Read one session; a trial lasts from the go cue to its end."""
        path = chosen(self._table(), key, self._folder)
        return read_nwb(path, key.subject, key.session, covariates=WHERE, trial=_trial)


def _trial(row: Row) -> Trial | None:
    target, go, stop = (float(column(row, name)) for name in ("target_id", "go_cue_time", "stop_time"))
    if str(column(row, "result")) != "R" or not np.isfinite([target, go, stop]).all() or go >= stop:
        return None
    return Trial(go, stop, f"target {int(target)}")


def build(settings: Settings) -> PerichMiller:
    """Make the loader; nothing is read yet."""
    return PerichMiller(Path(settings.folder))
