"""How well behaviour can be read from latents (or counts): R² of ridge, of a Wiener filter, and of a small GRU.

Shapes: x (n_trials, n_bins, n_features), y (n_trials, n_bins, n_outputs). Reading is learned on some trials and judged
on others; who is on which side is the caller's to say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ModelError

Floats = NDArray[np.floating[Any]]
Doubles = NDArray[np.float64]
Read = Callable[[Floats], Doubles]
Method = Literal["ridge", "wiener", "gru"]
HISTORY = 5
"""Bins that the Wiener filter sees: the present one and those before."""
ALPHAS = tuple(10.0**k for k in range(-3, 5))


def r2_score(truth: Floats, said: Floats) -> float:
    """Return R² over all outputs together (variance-weighted): 1 − residual sum of squares / total sum of squares."""
    t, s = (np.asarray(v, np.float64).reshape(-1, v.shape[-1]) for v in (truth, said))
    total = float(np.sum((t - t.mean(axis=0)) ** 2))
    return 1.0 - float(np.sum((t - s) ** 2)) / total if total > 0 else float("nan")


def decoding_r2(train: tuple[Floats, Floats], test: tuple[Floats, Floats], method: Method = "ridge") -> float:
    """Learn to read on training trials, return R² on test trials.

    Raises
    ------
    ModelError
        If shapes do not fit.
    """
    return r2_score(test[1], reader(*train, method)(test[0]))


def reader(x: Floats, y: Floats, method: Method = "ridge", seed: int = 0) -> Read:
    """Return a function from features to outputs, learned on these trials.

    Ridge and Wiener choose their penalty by leaving fifths of the trials out.

    Raises
    ------
    ModelError
        If shapes do not fit.
    """
    if x.ndim != 3 or y.ndim != 3 or x.shape[:2] != y.shape[:2]:
        raise ModelError(f"features {x.shape} and outputs {y.shape}: both (n_trials, n_bins, …), of equal trials")
    if method == "gru":
        from models.metrics.gru_reading import gru_reader  # torch

        return gru_reader(x, y, seed)
    history = HISTORY if method == "wiener" else 1
    weights = ridge(lagged(x, history), np.asarray(y, np.float64))
    return lambda features: _apply(lagged(features, history), weights)


def lagged(x: Floats, history: int) -> Doubles:
    """Append earlier bins of the same trial to each bin, (n_trials, n_bins, n_features · history); 0 before it."""
    out = np.zeros((*x.shape[:2], x.shape[2] * history))
    for back in range(history):
        n = x.shape[1] - back
        out[:, back:, back * x.shape[2] : (back + 1) * x.shape[2]] = x[:, :n]
    return out


def ridge(x: Doubles, y: Doubles) -> Doubles:
    """Return weights (n_features + 1, n_outputs), the last row the offset; features are scaled inside."""
    folds = np.arange(len(x)) % min(5, len(x))
    if len(x) < 2:
        return _ridge(x, y, [1.0])[0]
    errors = np.zeros(len(ALPHAS))
    for fold in np.unique(folds):
        found = _ridge(x[folds != fold], y[folds != fold], ALPHAS)
        errors += [np.sum((_apply(x[folds == fold], w) - y[folds == fold]) ** 2) for w in found]
    return _ridge(x, y, [ALPHAS[int(np.argmin(errors))]])[0]


def _ridge(x: Doubles, y: Doubles, alphas: Any) -> list[Doubles]:
    flat, target = x.reshape(-1, x.shape[-1]), y.reshape(-1, y.shape[-1])
    centre, level = flat.mean(axis=0), target.mean(axis=0)
    spread = flat.std(axis=0)
    spread[spread < 1e-12] = 1.0
    z = (flat - centre) / spread
    values, vectors = np.linalg.eigh(z.T @ z)
    projected = vectors.T @ (z.T @ (target - level))
    found = []
    for alpha in alphas:
        scaled = vectors @ (projected / (np.maximum(values, 0)[:, None] + alpha * len(z) / 100))
        weights = scaled / spread[:, None]
        found.append(np.vstack([weights, level - centre @ weights]))
    return found


def _apply(x: Doubles, weights: Doubles) -> Doubles:
    return np.asarray(x @ weights[:-1] + weights[-1])
