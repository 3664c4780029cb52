"""Ridge regression on all tokens, a strength for each voxel (himalaya), with the covariance of what it leaves."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from models.fmri.himalaya_ridge import ALPHAS, HimalayaEncoder, himalaya_ridge
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """How strengths are chosen."""

    n_folds: int = Field(5, ge=2, description="Folds on which each voxel's strength is chosen.")


class RidgeEncoder(HimalayaEncoder):
    """One penalty for all features."""

    name = "ridge"

    def __init__(self, n_folds: int) -> None:
        super().__init__()
        self._n_folds = n_folds

    def _model(self, n_trials: int, n_features: int, seed: int) -> Any:
        return himalaya_ridge(self.name).RidgeCV(
            alphas=ALPHAS, fit_intercept=False, cv=self._n_folds, solver_params={"warn": False}
        )


def build(settings: Settings) -> RidgeEncoder:
    """Make the encoder."""
    return RidgeEncoder(settings.n_folds)
