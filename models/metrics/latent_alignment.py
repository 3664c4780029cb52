"""Whether two latents say the same about the same trials, beyond what all trials share.

Two populations agree for trivial reasons: every trial has the same time course, and a common gain moves all units at
once. Both are taken away first, and agreement of *unpaired* trials, which holds nothing of a trial, is subtracted.
Pairs of trials depend on one another, so a test permutes whole trials (or blocks of them), never samples.

Shapes: latents (n_trials, n_bins, n_latents), global rate (n_trials, n_bins).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ModelError

Floats = NDArray[np.floating[Any]]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Correlation of the same trials, of different ones, and the difference, which is what counts."""

    paired: float
    unpaired: float

    @property
    def difference(self) -> float:
        """Paired minus unpaired."""
        return self.paired - self.unpaired


def cleaned(latents: Floats, global_rate: Floats | None = None) -> Doubles:
    """Take the mean over trials of every bin away, and what is linear in the global rate.

    Parameters
    ----------
    latents
        (n_trials, n_bins, n_latents).
    global_rate
        (n_trials, n_bins) of the population the latents come from; None: only the time course is removed.
    """
    rest = np.asarray(latents, np.float64) - np.mean(latents, axis=0, dtype=np.float64)
    if global_rate is None:
        return rest
    rate = np.asarray(global_rate, np.float64) - np.mean(global_rate, axis=0, dtype=np.float64)
    power = float(np.sum(rate**2))
    if power < 1e-12 * rate.size:
        return rest
    slope = np.einsum("ib,ibk->k", rate, rest) / power
    return np.asarray(rest - rate[..., None] * slope)


def agreement(a: Floats, b: Floats) -> Agreement:
    """Correlate flattened (time × latent) arrays of the same trials, and of all different ones.

    Both averages are of Pearson's r over pairs of trials.

    Raises
    ------
    ModelError
        If shapes differ or there are fewer than two trials.
    """
    r = _correlations(a, b)
    n = len(r)
    paired = float(np.trace(r)) / n
    return Agreement(paired, (float(r.sum()) - n * paired) / (n * (n - 1)))


def pooled_r(a: Floats, b: Floats) -> float:
    """Return Pearson's r over all trials, bins and latents at once, each latent centred; 0 where one is constant."""
    _check(a, b)
    x, y = (np.asarray(v, np.float64).reshape(-1, v.shape[-1]) for v in (a, b))
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    scale = float(np.sqrt(np.sum(x**2) * np.sum(y**2)))
    return float(np.sum(x * y)) / scale if scale > 0 else 0.0


def permutation_p(a: Floats, b: Floats, blocks: NDArray[Any] | None = None, n_draws: int = 999, seed: int = 0) -> float:
    """Return the p that trials of ``a`` agree no better with their own partners in ``b`` than with others.

    Parameters
    ----------
    a, b
        Latents of the same trials.
    blocks
        (n_trials,) names; trials of one block (a clip shown again, neighbours in time) are moved together, block for
        block, so only blocks of equal size change places. None: every trial is a block.
    n_draws
        Permutations; the observed order is counted among them (Phipson and Smyth 2010), so p is never 0.
    seed
        Of the permutations.
    """
    r = _correlations(a, b)
    rows = np.arange(len(r))
    observed = float(r[rows, rows].mean())
    luck = np.random.default_rng(seed)
    members = [[row] for row in rows] if blocks is None else [list(rows[blocks == name]) for name in np.unique(blocks)]
    higher = 0
    for _ in range(n_draws):
        partner = _shuffled(members, luck)
        higher += float(r[rows, partner].mean()) >= observed - 1e-12
    return (1 + higher) / (1 + n_draws)


def _shuffled(members: list[list[Any]], luck: np.random.Generator) -> NDArray[np.int64]:
    partner = np.empty(sum(map(len, members)), np.int64)
    for size in {len(block) for block in members}:
        alike = [block for block in members if len(block) == size]
        for block, other in zip(alike, luck.permutation(len(alike)), strict=True):
            partner[block] = alike[int(other)]
    return partner


def rotated_onto(source: Floats, target: Floats) -> tuple[Doubles, float]:
    """Return the orthogonal matrix (n_latents, n_latents) and the scale that bring ``source`` onto ``target``.

    Ordinary Procrustes on latents that are centred first: ``scale · (source − mean) @ matrix``.
    """
    _check(source, target)
    x, y = (np.asarray(v, np.float64).reshape(-1, v.shape[-1]) for v in (source, target))
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    left, values, right = np.linalg.svd(x.T @ y)
    power = float(np.sum(x**2))
    return left @ right, float(values.sum()) / power if power > 0 else 0.0


def rotation_aligned_r(source: Floats, target: Floats, fit_trials: NDArray[Any], test_trials: NDArray[Any]) -> float:
    """Return :func:`pooled_r` of test trials after a rotation found on other trials."""
    matrix, _ = rotated_onto(source[fit_trials], target[fit_trials])
    centre = np.asarray(source[fit_trials], np.float64).mean(axis=(0, 1))
    return pooled_r((source[test_trials] - centre) @ matrix, target[test_trials])


def _correlations(a: Floats, b: Floats) -> Doubles:
    """Return r of each trial of ``a`` with each of ``b``, (n_trials, n_trials); 0 for a trial that is constant."""
    _check(a, b)
    if len(a) < 2:
        raise ModelError("agreement of latents needs at least two trials")
    flat = [np.asarray(v, np.float64).reshape(len(v), -1) for v in (a, b)]
    flat = [v - v.mean(axis=1, keepdims=True) for v in flat]
    norms = [np.linalg.norm(v, axis=1, keepdims=True) for v in flat]
    x, y = (v / np.where(norm > 0, norm, 1.0) for v, norm in zip(flat, norms, strict=True))
    return np.asarray(x @ y.T)


def _check(a: Floats, b: Floats) -> None:
    if a.shape != b.shape or a.ndim != 3:
        raise ModelError(f"latents {a.shape} and {b.shape}: both must be (n_trials, n_bins, n_latents) and equal")
