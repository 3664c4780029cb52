"""Riemannian Procrustes analysis: re-centring, then the rotation that brings classes together (Rodrigues et al. 2019).

IEEE Trans. Biomed. Eng. 66:2390, without its stretching. After both sides are whitened by their mean covariance, the
rotation maximises the agreement of the classes' mean covariances. It needs labelled calibration, but no time courses
locked to an event, which the other aligners take labels for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.aligner import LinearMap
from models.alignment_link import Link, SolvedAligner, centred_map
from models.covariance_map import covariances, power
from models.tangent_space import riemann_mean
from pipelines.errors import ModelError
from pipelines.plugins import PluginSettings

TOLERANCE = 1e-10


class Settings(PluginSettings):
    """How long the rotation is sought."""

    n_iterations: int = Field(200, ge=1, description="At most so many steps; each increases the agreement.")


class Rpa(SolvedAligner):
    """Whitening, rotation, colouring."""

    name = "rpa"

    def __init__(self, n_iterations: int) -> None:
        super().__init__()
        self._rounds = n_iterations

    def solve(self, link: Link) -> tuple[LinearMap, dict[str, Any]]:
        """Return the map.

        Raises
        ------
        ModelError
            If there are no labels, or no epochs.
        """
        n = link.same_units()
        if link.labels is None or link.source.ndim != 3 or link.target.ndim != 3:
            raise ModelError("rpa: needs labels of epochs (n_trials, n_units, n_times)")
        classes = [label for label in np.unique(link.labels[0]) if label in link.labels[1]]
        if not classes:
            raise ModelError("rpa: source and target have no class in common")
        found = [covariances(x) for x in (link.source, link.target)]
        means = [riemann_mean(c) for c in found]
        white = [power(m, -0.5) @ c @ power(m, -0.5) for m, c in zip(means, found, strict=True)]
        of_class = [
            np.stack([riemann_mean(w[np.asarray(y) == label]) for label in classes])
            for w, y in zip(white, link.labels, strict=True)
        ]
        rotation, agreement = _rotation(of_class[0], of_class[1], self._rounds)
        matrix = power(means[0], -0.5) @ rotation @ power(means[1], 0.5)
        offsets = (x.mean(axis=(0, 2), dtype=np.float64) for x in (link.source, link.target))
        return centred_map(matrix, *offsets), {"n_classes": len(classes), "agreement": agreement / n}


def _rotation(
    source: NDArray[np.float64], target: NDArray[np.float64], n_iterations: int
) -> tuple[NDArray[np.float64], float]:
    """Maximise the sum of tr(U' S U T) over classes (n_classes, n, n), from no rotation on.

    The objective is convex in U for positive definite S and T, so the polar factor of its gradient never lowers it.
    """
    rotation = np.eye(source.shape[1])
    value = -np.inf
    for _ in range(n_iterations):
        gradient = (source @ rotation @ target).sum(axis=0)
        now = float((rotation * gradient).sum())
        if now <= value * (1 + TOLERANCE):
            break
        value = now
        u, _, vt = np.linalg.svd(gradient)
        rotation = u @ vt
    return rotation, now


def build(settings: Settings) -> Rpa:
    """Make the aligner."""
    return Rpa(settings.n_iterations)
