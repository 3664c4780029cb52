"""Linear maps that bring the latents of one population into the space of another, by three kinds of knowledge.

- conditions: averages over trials of each condition are matched, by Procrustes or by canonical correlation
  (Gallego et al. 2020, Nature Neuroscience 23:260; Safaie et al. 2023, Nature 623:765);
- the marginal distribution alone: no labels at all (Dyer et al. 2017, Nature Biomedical Engineering 1:967);
- units that stayed: their loadings are matched (Degenhart et al. 2020, Nature Biomedical Engineering 4:672).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from pipelines.errors import ModelError

Doubles = NDArray[np.float64]
N_SAMPLES, N_STARTS, N_REFINED = 600, 300, 6
"""Samples of both sides over all parts of a trial, rotations tried, and those of them that are refined."""
EPOCHS = 4
"""Parts of a trial whose distributions are matched one by one: when, but not what, is known of a sample."""
STABLE = 0.6
"""Share of common units whose loadings are believed to have stayed."""


def condition_means(latents: Doubles, labels: NDArray[np.str_]) -> dict[str, Doubles]:
    """Return the mean course (n_bins, n_latents) of each condition."""
    return {str(label): latents[labels == label].mean(axis=0) for label in np.unique(labels)}


def by_conditions(source: dict[str, Doubles], target: dict[str, Doubles], *, canonical: bool) -> Doubles:
    """Return the matrix (n_latents, n_latents) from source to target by condition means, the time course removed.

    Raises
    ------
    ModelError
        If fewer than two conditions are common.
    """
    common = sorted(source.keys() & target.keys())
    if len(common) < 2:
        raise ModelError("matching of conditions: fewer than two conditions are common")
    x, y = (np.stack([table[name] for name in common]) for table in (source, target))
    x, y = (np.reshape(v - v.mean(axis=0), (-1, v.shape[-1])) for v in (x, y))
    if not canonical:
        left, _, right = np.linalg.svd(x.T @ y)
        return np.asarray(left @ right)
    q_x, r_x = np.linalg.qr(x)
    q_y, r_y = np.linalg.qr(y)
    left, values, right = np.linalg.svd(q_x.T @ q_y)
    # Out to canonical variates of the source, shrunk by their correlations, and back into the target's space.
    return np.asarray(np.linalg.pinv(r_x) @ left @ np.diag(values) @ right @ r_y)


def by_distribution(source: Doubles, target: Doubles, seed: int = 0) -> Doubles:
    """Return the orthogonal matrix after which the source is distributed as the target, part by part of the trial.

    Parameters
    ----------
    source, target
        White latents (n_trials, n_bins, n_latents) of different trials; two or three latents are searched well, more
        of them badly.
    seed
        Of the samples and of the starts.
    """
    luck = np.random.default_rng(seed)
    pairs = list(zip(_parts(source, luck), _parts(target, luck), strict=True))
    n = source.shape[-1]
    starts = [np.linalg.qr(luck.standard_normal((n, n)))[0] for _ in range(N_STARTS)]
    starts.sort(key=lambda matrix: _distance(matrix, pairs))
    refined = [_refined(matrix, pairs) for matrix in starts[:N_REFINED]]
    return min(refined, key=lambda matrix: _distance(matrix, pairs))


def by_loadings(source: Doubles, target: Doubles) -> Doubles:
    """Return the orthogonal matrix that brings loadings (n_common_units, n_latents) onto one another.

    Units whose loadings do not follow are left out, as the stabiliser does, until ``STABLE`` of them are left.

    Raises
    ------
    ModelError
        If there are fewer common units than latents.
    """
    n_common, n_latents = source.shape
    if n_common < n_latents:
        raise ModelError(f"matching of loadings: {n_common} common units do not fix {n_latents} latents")
    rows = np.arange(n_common)
    least = max(n_latents, round(STABLE * n_common))
    while True:
        left, _, right = np.linalg.svd(source[rows].T @ target[rows])
        matrix = left @ right
        if len(rows) <= least:
            return np.asarray(matrix)
        misfit = np.linalg.norm(source[rows] @ matrix - target[rows], axis=1)
        rows = rows[np.argsort(misfit)[: max(least, len(rows) - 5)]]


def _parts(latents: Doubles, luck: np.random.Generator) -> list[Doubles]:
    parts, n_parts = [], min(EPOCHS, latents.shape[1])
    for bins in np.array_split(np.arange(latents.shape[1]), n_parts):
        samples = latents[:, bins].reshape(-1, latents.shape[-1])
        parts.append(samples[luck.choice(len(samples), min(N_SAMPLES // n_parts, len(samples)), replace=False)])
    return parts


def _distance(matrix: Doubles, pairs: list[tuple[Doubles, Doubles]]) -> float:
    """Return the energy distance between turned source and target but for terms that no rotation changes."""
    total = 0.0
    for source, target in pairs:
        turned = source @ matrix
        squares = np.sum(turned**2, 1)[:, None] + np.sum(target**2, 1)[None] - 2 * turned @ target.T
        total += float(np.sqrt(np.maximum(squares, 0.0)).mean())
    return total


def _refined(matrix: Doubles, pairs: list[tuple[Doubles, Doubles]]) -> Doubles:
    n = len(matrix)
    if n not in (2, 3):
        return matrix

    def turned(angles: Doubles) -> Doubles:
        if n == 3:
            return np.asarray(matrix @ Rotation.from_rotvec(angles).as_matrix())
        cosine, sine = np.cos(angles[0]), np.sin(angles[0])
        return np.asarray(matrix @ np.array([[cosine, -sine], [sine, cosine]]))

    def misfit(angles: Doubles) -> float:
        return _distance(turned(angles), pairs)

    found = minimize(misfit, np.zeros(3 if n == 3 else 1), method="Nelder-Mead", tol=1e-3, options={"maxiter": 80})
    return turned(found.x)
