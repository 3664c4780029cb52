"""Latents that can be identified: in each segment every latent has another mean and another variance.

Both must change (two sufficient statistics), in at least 2·d + 1 segments; then a model that is told the segment can
find the latents up to order, sign and scale (Khemakhem et al. 2020, AISTATS). With means alone only a linear map of
them is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.spikes.units import Floats

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SegmentSettings:
    """Sizes and mixing.

    Parameters
    ----------
    n_latents, n_observed
        Dimensions; no fewer observed than latents.
    n_segments, per_segment
        Segments, and samples of each.
    mixing
        ``hard``: two leaky rectifications of slope .3 between orthogonal matrices; ``easy``: one of slope .6.
    noise
        Deviation of observation noise as a share of the overall deviation.
    vary
        What changes from segment to segment: ``both`` mean and variance, or the ``mean`` alone.
    """

    n_latents: int = 4
    n_observed: int = 8
    n_segments: int = 40
    per_segment: int = 500
    mixing: Literal["hard", "easy"] = "hard"
    noise: float = 0.05
    vary: Literal["both", "mean"] = "both"


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """Observations (n_samples, n_observed), standardised; latents (n_samples, n_latents); segment (n_samples,)."""

    observed: Floats
    latents: Floats
    segment: NDArray[np.int64]


def segments(settings: SegmentSettings, seed: int = 0) -> Segments:
    """Draw one data set, in random order; segment means are uniform in ±2, deviations in .4 to 2."""
    luck = np.random.default_rng(seed)
    shape = (settings.n_segments, settings.n_latents)
    mean, deviation = luck.uniform(-2, 2, shape), luck.uniform(0.4, 2, shape)
    if settings.vary == "mean":
        deviation[:] = 1.0
    segment = luck.permutation(np.repeat(np.arange(settings.n_segments), settings.per_segment))
    latents = mean[segment] + deviation[segment] * luck.standard_normal((len(segment), settings.n_latents))
    observed = mixed(latents, settings.n_observed, settings.mixing, luck)
    observed += settings.noise * observed.std() * luck.standard_normal(observed.shape)
    observed = (observed - observed.mean(axis=0)) / observed.std(axis=0)
    return Segments(observed.astype(np.float32), latents.astype(np.float32), segment)


def mixed(latents: Doubles, n_out: int, mixing: Literal["hard", "easy"], luck: np.random.Generator) -> Doubles:
    """Mix latents (n_samples, n_latents) by a random injective network; return (n_samples, n_out)."""
    slope, n_layers = (0.3, 2) if mixing == "hard" else (0.6, 1)
    hidden = latents @ orthogonal(latents.shape[1], n_out, luck)
    for _ in range(n_layers):
        hidden = np.where(hidden > 0, hidden, slope * hidden) @ orthogonal(n_out, n_out, luck)
    return hidden


def orthogonal(n_in: int, n_out: int, luck: np.random.Generator) -> Doubles:
    """Return a matrix (n_in, n_out) whose rows are orthonormal; ``n_out`` must not be less than ``n_in``."""
    q, r = np.linalg.qr(luck.standard_normal((n_out, n_in)))
    return np.asarray((q * np.sign(np.diag(r))).T)
