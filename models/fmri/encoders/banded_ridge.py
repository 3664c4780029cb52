"""Banded ridge: a penalty for each band of features and each voxel (Dupré la Tour et al. 2022, NeuroImage 264:119728).

A voxel that sees one corner of the image may thus ignore the others: neighbouring features are of one token.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from models.fmri.himalaya_ridge import ALPHAS, HimalayaEncoder, himalaya_ridge
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Bands, and how long their penalties are searched."""

    n_bands: int = Field(4, ge=2, description="Bands of neighbouring features.")
    n_draws: int = Field(10, ge=1, description="Divisions of the penalty among bands that are tried.")
    n_folds: int = Field(4, ge=2, description="Folds on which each voxel's penalties are chosen.")


class BandedRidge(HimalayaEncoder):
    """A penalty for each band."""

    name = "banded_ridge"

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    def _model(self, n_trials: int, n_features: int, seed: int) -> Any:
        groups = np.arange(n_features) * min(self._settings.n_bands, n_features) // n_features
        search = {"n_iter": self._settings.n_draws, "alphas": ALPHAS, "progress_bar": False, "warn": False}
        return himalaya_ridge(self.name).GroupRidgeCV(
            groups=groups, cv=self._settings.n_folds, random_state=seed, solver_params=search, fit_intercept=False
        )


def build(settings: Settings) -> BandedRidge:
    """Make the encoder."""
    return BandedRidge(settings)
