"""What may go wrong with the windows that judge: electrodes fall off, noise is added. Nobody has trained for it."""

from __future__ import annotations

import zlib
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from models.benchmark.folds import Rows
from models.estimator import Windows
from pipelines.plugins import PluginSettings

CLEAN = "clean"
"""Name of the windows as they are."""


class Perturbation(PluginSettings):
    """One fault; the lot decides by seed, person and window, so all models and all orders meet the same."""

    lost_channels: float | None = Field(None, gt=0, lt=1, description="Share of channels that are zero for a person.")
    noise_db: float | None = Field(None, description="Signal to added white noise in each window and channel (dB).")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.lost_channels is None) == (self.noise_db is None):
            raise ValueError("give either lost_channels or noise_db")
        return self

    @property
    def name(self) -> str:
        """For example ``lost_channels=0.25``."""
        if self.lost_channels is not None:
            return f"lost_channels={self.lost_channels:g}"
        return f"noise_db={self.noise_db:g}"

    def apply(self, X: Windows, rows: Rows, people: NDArray[np.str_], seed: int) -> Windows:
        """Return perturbed copies of windows (n_windows, n_channels, n_times); ``people`` says whose each one is."""
        return self._lose(X, people, seed) if self.lost_channels is not None else self._add_noise(X, rows, seed)

    def _lose(self, X: Windows, people: NDArray[np.str_], seed: int) -> Windows:
        out = X.copy()
        n_channels = X.shape[1]
        n_lost = max(1, round((self.lost_channels or 0.0) * n_channels))
        for person in np.unique(people):
            rng = np.random.default_rng([seed, zlib.crc32(str(person).encode())])
            mine = np.flatnonzero(people == person)
            out[np.ix_(mine, rng.permutation(n_channels)[:n_lost])] = 0.0
        return out

    def _add_noise(self, X: Windows, rows: Rows, seed: int) -> Windows:
        out = X.copy()
        scale = X.std(axis=2, keepdims=True) * 10.0 ** (-(self.noise_db or 0.0) / 20.0)
        for i, row in enumerate(rows):
            out[i] += scale[i] * np.random.default_rng([seed, int(row)]).standard_normal(X.shape[1:], dtype=np.float32)
        return out
