"""Synthetic trials beside real ones for a decoder; how many is chosen on validation, and none is always tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.metrics.voxelwise import correlation
from models.ridge_map import ridge_map

Floats = NDArray[np.floating[Any]]
Draw = Callable[[Floats, int], Floats]
"""Features of images (n, dim) and a seed, to a synthetic trial of each (n, V)."""
RATIOS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Synthetic trials for every real one."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The ratio that validation prefers, and every ratio's score there and on test trials."""

    ratio: float
    validation: Mapping[float, float]
    test: Mapping[float, float]


def augmented(
    real: tuple[Floats, Floats],
    validation: tuple[Floats, Floats],
    test: tuple[Floats, Floats],
    novel: Floats,
    draw: Draw,
    seed: int = 0,
    ratios: tuple[float, ...] = RATIOS,
) -> Chosen:
    """Train a decoder (ridge from trials to features) with more and more synthetic trials.

    Parameters
    ----------
    real, validation, test
        Trials (n, V) and features of their images (n, dim).
    novel
        Features of images that nobody was shown (n_novel, dim); drawn from with replacement.
    draw
        The generator; it must have learnt from ``real`` and ``validation`` alone.
    """
    rng = np.random.default_rng(seed)
    images = novel[rng.integers(0, len(novel), round(max(ratios) * len(real[0])))]
    synthetic = draw(images, seed) if len(images) else real[0][:0]
    scores: list[dict[float, float]] = [{}, {}]
    for ratio in ratios:
        n = round(ratio * len(real[0]))
        trials, features = np.concatenate([real[0], synthetic[:n]]), np.concatenate([real[1], images[:n]])
        decoder, _ = ridge_map(np.asarray(trials, dtype=np.float64), np.asarray(features, dtype=np.float64))
        for found, (x, wanted) in zip(scores, (validation, test), strict=True):
            found[ratio] = float(correlation(wanted, decoder(x)).mean())
    return Chosen(max(scores[0], key=scores[0].__getitem__), *scores)


def mixup(trials: Floats, features: Floats, n: int, seed: int = 0) -> tuple[Floats, Floats]:
    """Return mixtures of two real trials and of their features (Zhang et al. 2018), as a control, (n, …) each."""
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, len(trials), (2, n))
    share = rng.beta(0.4, 0.4, (n, 1))
    mixed = [share * x[first] + (1 - share) * x[second] for x in (trials, features)]
    return mixed[0], mixed[1]
