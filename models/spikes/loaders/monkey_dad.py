"""Two monkeys, Mihi and Chewie, reaching to some of eight targets: binned activity and 2-D velocity.

- ``mihi_demo.mat`` and ``chewie_demo.mat``: ``Ytr``, ``Yte`` activity (n_bins, n_units), ``Xtr``, ``Xte`` velocity
  (n_bins, 2), ``Ttr``, ``Tte`` target of each bin. Here ``tr`` and ``te`` are two runs of a monkey.
- The width of a bin is not told: a bin counts as 1 s here, and nothing may be concluded about time.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import Field

from models.dataset import Key
from models.reading.mat_files import read_mat
from models.spikes.loader import SpikeAbout, chosen, found
from models.spikes.recording import Recording, Series
from models.spikes.units import Units
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

ABOUT = SpikeAbout(
    title="Distribution alignment decoding",
    citation="Dyer et al. 2017, Nature Biomedical Engineering 1:967, doi:10.1038/s41551-017-0169-7",
    licence="not stated: for local use, never to be passed on",
    url="https://github.com/KordingLab/DAD",
    how_to_get="Get mihi_demo.mat and chewie_demo.mat from data/demo of the repository KordingLab/DAD; cite the paper.",
    cautions=(
        "The populations of the two runs of Mihi differ: 174 and 187 units.",
        "The monkeys share only target 3, so what their velocities have in common is little.",
        "Activity of Mihi is in other units than that of Chewie.",
        "Where trials begin and end is not told: judge on stretches of time, never on shuffled bins.",
    ),
)
BIN_S = 1.0


class Settings(PluginSettings):
    """Where the files are."""

    folder: str = Field("", description="Folder with mihi_demo.mat and chewie_demo.mat.")


class MonkeyDad:
    """The recordings in a folder."""

    about = ABOUT

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _table(self) -> dict[Key, Path]:
        paths = found(self._folder, "*_demo.mat", ABOUT)
        return {Key(path.stem.removesuffix("_demo"), "1", run): path for path in paths for run in ("tr", "te")}

    def keys(self) -> Sequence[Key]:
        """Return monkeys and runs."""
        return sorted(self._table())

    def read(self, key: Key) -> Recording:
        """Read one run; it has covariates ``velocity`` and ``target``, and no trials."""
        path = chosen(self._table(), key, self._folder)
        values = read_mat(path, [f"{letter}{key.run}" for letter in "YXT"])
        activity, velocity, target = (np.asarray(value, np.float32) for value in values.values())
        target = target.reshape(-1, 1)
        if not len(activity) == len(velocity) == len(target):
            raise RecordingError(f"{path}: activity, velocity and target of {key.run} differ in length")
        units = Units.anonymous(key.subject, key.run, activity.shape[1])
        series = {"velocity": Series(velocity, 1 / BIN_S), "target": Series(target, 1 / BIN_S)}
        return Recording(units, Series(activity, 1 / BIN_S), 0.0, len(activity) * BIN_S, series)


def build(settings: Settings) -> MonkeyDad:
    """Make the loader; nothing is read yet."""
    return MonkeyDad(Path(settings.folder))
