"""Two monkeys, K and S, that moved something in eight directions, alone, passively and jointly; spikes in 1 ms bins.

- ``dati_mirco_18_03_k.mat`` and ``…_s.mat``; for each condition ``C_neural`` (64 trials × 599 bins, n_units) of 0
  and 1, and ``C_trial``, the direction 1 to 8 of each bin.
- 202 units of K, 184 of S; 8 trials of each direction. No kinematics.
- Trials follow one another in the file; the time between them is not told: here trial ``i`` begins at ``0.599 · i`` s.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import Field

from models.dataset import Key, Trial
from models.reading.mat_files import read_mat
from models.spikes.loader import SpikeAbout, chosen, found
from models.spikes.recording import Recording, Series
from models.spikes.units import Units
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

ABOUT = SpikeAbout(
    title="Two monkeys, eight directions",
    citation="not stated; distributed with LorenzoCNR/AI_for_all",
    licence="not stated: for local use, never to be passed on",
    url="https://github.com/LorenzoCNR/AI_for_all",
    how_to_get="Get dati_mirco_18_03_k.mat and dati_mirco_18_03_s.mat from the repository LorenzoCNR/AI_for_all.",
    cautions=(
        "Trials stand in the same order 1…8, 1…8 in both monkeys: equal labels at equal places prove nothing.",
        "Nobody says that the monkeys were recorded together: never pair their trials.",
        "There are no kinematics, and 8 trials of a direction: chance is .125, and reaches about .21 by luck.",
    ),
)
RATE_HZ, N_TRIALS, N_BINS = 1000.0, 64, 599
CONDITIONS = {
    "K": {"passive": "k_cond1_passive", "active": "k_cond2_active", "joint": "k_cond3_joint"},
    "S": {"active": "s_cond1_active", "passive": "s_cond2_passive", "joint": "s_cond3_joint"},
}


class Settings(PluginSettings):
    """Where the files are."""

    folder: str = Field("", description="Folder with dati_mirco_18_03_k.mat and dati_mirco_18_03_s.mat.")


class MonkeyTwo:
    """The recordings in a folder; the run of a key is the condition."""

    about = ABOUT

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _table(self) -> dict[Key, tuple[Path, str]]:
        paths = found(self._folder, "dati_mirco_18_03_?.mat", ABOUT)
        return {
            Key(path.stem[-1].upper(), "1", condition): (path, variable)
            for path in paths
            for condition, variable in CONDITIONS.get(path.stem[-1].upper(), {}).items()
        }

    def keys(self) -> Sequence[Key]:
        """Return monkeys and conditions."""
        return sorted(self._table())

    def read(self, key: Key) -> Recording:
        """Read one condition of one monkey."""
        path, variable = chosen(self._table(), key, self._folder)
        values = read_mat(path, [f"{variable}_neural", f"{variable}_trial"])
        spikes, direction = values[f"{variable}_neural"], np.ravel(values[f"{variable}_trial"])
        if len(spikes) != N_TRIALS * N_BINS or len(direction) != len(spikes):
            raise RecordingError(f"{path}: {variable} has {len(spikes)} bins, not {N_TRIALS} × {N_BINS}")
        units = Units.anonymous(key.subject, key.run, spikes.shape[1])
        edges = np.arange(N_TRIALS + 1) * N_BINS / RATE_HZ
        trials = tuple(
            Trial(float(edges[i]), float(edges[i + 1]), f"direction {int(direction[i * N_BINS])}")
            for i in range(N_TRIALS)
        )
        series = Series(np.asarray(spikes, np.float32), RATE_HZ)
        return Recording(units, series, 0.0, float(edges[-1]), {}, trials)


def build(settings: Settings) -> MonkeyTwo:
    """Make the loader; nothing is read yet."""
    return MonkeyTwo(Path(settings.folder))
