"""MC_Maze of the Neural Latents Benchmark: delayed reaches around barriers, monkey Jenkins (DANDI 000128 and smaller).

- Files ``sub-Jenkins_ses-NAME_desc-train_behavior+ecephys.nwb``; those of the test split carry no behaviour.
- ``processing/behavior``: ``hand_pos`` (mm), ``hand_vel`` (mm/s).
- Units have a column ``heldout``: those whose rates the benchmark asks for (co-smoothing).
- Trials: ``maze_id`` and ``trial_version`` make a condition; ``move_onset_time``; ``success``.
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
    title="MC_Maze",
    citation="Pei et al. 2021, NeurIPS Datasets and Benchmarks (Neural Latents Benchmark); Churchland et al. 2010",
    licence="CC BY 4.0",
    url="https://dandiarchive.org/dandiset/000128",
    how_to_get="Get dandiset 000128, 000138, 000139 or 000140 (open): dandi download DANDI:000128.",
    cautions=("The files of the test split hold no behaviour and no held-out units: they are not read.",),
)
NAME = re.compile(r"sub-([^_]+)_ses-([^_]+?)_(?:desc-train_)?behavior\+ecephys\.nwb")
WHERE = {"position": ("hand_pos",), "velocity": ("hand_vel",)}
BEFORE_S, AFTER_S = 0.25, 0.45
"""From the onset of movement, as the benchmark cuts its trials (s)."""


class Settings(PluginSettings):
    """Where the files are."""

    folder: str = Field("", description="Folder with sub-Jenkins_ses-NAME_desc-train_behavior+ecephys.nwb.")


class McMaze:
    """The recordings in a folder."""

    about = ABOUT

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _table(self) -> dict[Key, Path]:
        paths = found(self._folder, "**/*_behavior+ecephys.nwb", ABOUT)
        matches = ((NAME.fullmatch(path.name), path) for path in paths)
        return {Key(m.group(1), m.group(2), "maze"): path for m, path in matches if m}

    def keys(self) -> Sequence[Key]:
        """Return the sessions of the training split."""
        return sorted(self._table())

    def read(self, key: Key) -> Recording:
        """Read one session; a trial goes from 250 ms before the onset of movement to 450 ms after it."""
        path = chosen(self._table(), key, self._folder)
        return read_nwb(
            path, key.subject, key.session, covariates=WHERE, trial=_trial, descriptors=("heldout",)
        )  # fmt: skip


def _trial(row: Row) -> Trial | None:
    onset = float(column(row, "move_onset_time"))
    if not bool(column(row, "success")) or not np.isfinite(onset):
        return None
    label = f"maze {int(column(row, 'maze_id'))} version {int(column(row, 'trial_version'))}"
    return Trial(onset - BEFORE_S, onset + AFTER_S, label)


def build(settings: Settings) -> McMaze:
    """Make the loader; nothing is read yet."""
    return McMaze(Path(settings.folder))
