"""Re-centring to the target by the affine-invariant mean of covariances of epochs. No link is needed.

Zanini et al. 2018, IEEE Trans. Biomed. Eng. 65:1107; the mean is that of ``models.tangent_space``.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from models.aligner import LinearMap
from models.alignment_link import Link, SolvedAligner
from models.covariance_map import covariances, recentring
from models.tangent_space import riemann_mean
from pipelines.errors import ModelError
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """How strongly covariances are pulled to the identity."""

    shrinkage: float = Field(0.0, ge=0, le=1, description="Share of the scaled identity in each mean covariance.")


class Riemannian(SolvedAligner):
    """Symmetric whitening and colouring between geometric means."""

    name = "riemannian"

    def __init__(self, shrinkage: float) -> None:
        super().__init__()
        self._shrinkage = shrinkage

    def solve(self, link: Link) -> tuple[LinearMap, dict[str, Any]]:
        """Return the map between mean covariances."""
        link.same_units()
        if link.source.ndim != 3 or link.target.ndim != 3:
            raise ModelError("riemannian: needs epochs (n_trials, n_units, n_times): one covariance for each trial")
        means = [riemann_mean(covariances(x)) for x in (link.source, link.target)]
        return recentring(means[0], means[1], link.source, link.target, self._shrinkage), {}


def build(settings: Settings) -> Riemannian:
    """Make the aligner."""
    return Riemannian(settings.shrinkage)
