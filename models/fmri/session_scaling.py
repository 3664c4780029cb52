"""Standardise each voxel within each session, by statistics of training trials alone.

Without it the static pattern of voxels dominates every correlation across voxels, and gains of sessions every other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.fmri.responses import Responses
from pipelines.errors import ModelError

MIN_TRIALS = 2


@dataclass(frozen=True, slots=True)
class SessionScaling:
    """Mean and standard deviation of each voxel (2, n_voxels) by session, and over all sessions under ``""``."""

    statistics: Mapping[str, NDArray[np.float64]]

    @classmethod
    def fit(cls, responses: Responses, train: NDArray[np.int64]) -> Self:
        """Take the statistics of the rows ``train``.

        Raises
        ------
        ModelError
            If there are fewer than two of them.
        """
        if len(train) < MIN_TRIALS:
            raise ModelError(f"subject {responses.subject}: {len(train)} training trials: two are needed to scale")
        session = responses.trials.session[train]
        groups = {str(name): train[session == name] for name in np.unique(session)} | {"": train}
        return cls({name: _moments(responses.values[r]) for name, r in groups.items() if len(r) >= MIN_TRIALS})

    def __call__(self, responses: Responses) -> Responses:
        """Return the responses as z; a session without training trials is scaled by those of all sessions."""
        values = np.empty(responses.values.shape, dtype=np.float32)
        for name in np.unique(responses.trials.session):
            rows = responses.trials.session == name
            mean, deviation = self.statistics.get(str(name), self.statistics[""])
            values[rows] = (responses.values[rows] - mean) / deviation
        return replace(responses, values=values, unit="z")


def _moments(values: NDArray[np.float32]) -> NDArray[np.float64]:
    deviation = values.std(axis=0, dtype=np.float64)
    # A voxel that never changes stays at 0 instead of becoming infinite.
    return np.stack([values.mean(axis=0, dtype=np.float64), np.where(deviation > 0, deviation, 1.0)])
