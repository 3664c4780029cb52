"""Ridge and reduced-rank ridge as linear maps; strengths are chosen on observations left out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold

from models.aligner import LinearMap
from models.alignment_link import centred_map

Floats = NDArray[np.float64]
STRENGTHS = 10.0 ** np.arange(-9, 4.5, 0.5)
"""Candidates, in units of the mean squared singular value of the source."""
SHARES = (0.01, 0.1, 0.3, 1.0)
"""Shares of plain ridge's strength tried together with each rank."""


def ridge_map(source: Floats, target: Floats) -> tuple[LinearMap, dict[str, Any]]:
    """Regress target (n, n_target) on source (n, n_source); one strength for all targets, by leave-one-out error."""
    scale = _scale(source)
    model = RidgeCV(alphas=STRENGTHS * scale).fit(source, target)
    # Of a single target scikit-learn drops the axis.
    matrix = np.asarray(model.coef_, dtype=np.float64).reshape(target.shape[1], source.shape[1]).T
    found = LinearMap(matrix, np.asarray(model.intercept_, dtype=np.float64).reshape(target.shape[1]))
    return found, {"strength": float(model.alpha_ / scale)}


def reduced_rank_map(
    source: Floats, target: Floats, rank: int = 0, n_folds: int = 5, seed: int = 0
) -> tuple[LinearMap, dict[str, Any]]:
    """Regress with a map of low rank (Mukherjee and Zhu 2011: ridge, then the main directions of what it fits).

    Parameters
    ----------
    rank
        0: chosen by the squared error on folds of observations, together with the strength: that of plain ridge or
        a weaker one, since the rank constrains too.
    """
    plain = ridge_map(source, target)[1]["strength"]
    strengths = [share * plain for share in SHARES]
    folds = list(KFold(min(n_folds, len(source)), shuffle=True, random_state=seed).split(source))
    most = min(source.shape[1], target.shape[1], min(len(train) for train, _ in folds) - 1)
    errors = np.zeros((len(strengths), max(most, 1)))
    for train, test in folds:
        errors += _fold_errors(source, target, train, test, strengths, errors.shape[1])
    if rank:
        errors = errors[:, : min(rank, errors.shape[1])]
        errors[:, :-1] = np.inf
    at, best = np.unravel_index(np.argmin(errors), errors.shape)
    means = source.mean(axis=0), target.mean(axis=0)
    path = _Path(source - means[0], target - means[1])
    matrix, directions = path.solution(strengths[at])
    kept = directions[:, : int(best) + 1]
    figures = {"rank": int(best) + 1, "strength": strengths[at]}
    return centred_map(matrix @ kept @ kept.T, *means), figures


class _Path:
    """Ridge solutions of centred observations for any strength, from one decomposition."""

    def __init__(self, source: Floats, target: Floats) -> None:
        self._u, self._s, self._vt = np.linalg.svd(source, full_matrices=False)
        self._uy = self._u.T @ target
        self._scale = _scale(source)

    def solution(self, strength: float) -> tuple[Floats, Floats]:
        """Return the matrix (n_source, n_target) and orthonormal directions of what it fits, main ones first."""
        damped = self._s**2 + strength * self._scale
        matrix = self._vt.T @ ((self._s / damped)[:, None] * self._uy)
        # Directions of the fit on observations extended by those of the penalty.
        fitted = (self._s / np.sqrt(damped))[:, None] * self._uy
        directions = np.linalg.svd(fitted, full_matrices=False)[2].T
        return matrix, directions


def _fold_errors(
    source: Floats, target: Floats, train: NDArray[np.int64], test: NDArray[np.int64], strengths: list[float], most: int
) -> Floats:
    """Return summed squared errors (n_strengths, most) on ``test`` of every strength and every rank from 1."""
    means = source[train].mean(axis=0), target[train].mean(axis=0)
    path = _Path(source[train] - means[0], target[train] - means[1])
    x, y = source[test] - means[0], target[test] - means[1]
    errors = np.empty((len(strengths), most))
    for row, strength in enumerate(strengths):
        matrix, directions = path.solution(strength)
        predicted, wanted = (x @ matrix) @ directions, y @ directions
        gains = (predicted**2 - 2 * predicted * wanted).sum(axis=0)[:most]
        errors[row] = np.inf
        errors[row, : len(gains)] = (y**2).sum() + np.cumsum(gains)
    return errors


def _scale(source: Floats) -> float:
    total = float(((source - source.mean(axis=0)) ** 2).sum())
    return float(max(total / min(source.shape), np.finfo(np.float64).tiny))
