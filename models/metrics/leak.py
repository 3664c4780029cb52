"""Leak matrix: what each block of latents tells of each true source, as R² on samples held out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.kernel_ridge import KernelRidge

from models.metrics.decoding import r2_score

Floats = NDArray[np.floating[Any]]
AT_MOST = 1500
"""Samples that a kernel regression learns from; more cost cubically."""
WIDTHS = (0.1, 0.3, 1.0)
"""Of a Gaussian kernel, against the median distance of samples: the wide one for what is nearly straight, the narrow
one for what bends often."""
PENALTIES = (1e-2, 1e0, 1e2)


def leak_matrix(
    blocks: Mapping[str, Floats],
    sources: Mapping[str, Floats],
    groups: NDArray[Any],
    kind: Literal["linear", "kernel"] = "kernel",
    seed: int = 0,
) -> dict[str, dict[str, float]]:
    """Return R² of each source read from each block: ``result[block][source]``.

    Parameters
    ----------
    blocks, sources
        (n_samples, n_dimensions) by name.
    groups
        (n_samples,): samples of one group (a trial, a clip) never stand on both sides; half of the groups teach.
    kind
        ``kernel`` (Gaussian, width and penalty by validation) also finds what leaks in a bent way; ``linear`` does not.
        What bends more often than samples lie is not found: a low R² of few samples is no proof.
    seed
        Of the halves.
    """
    luck = np.random.default_rng(seed)
    names = luck.permutation(np.unique(groups))
    teaches = np.isin(groups, names[: len(names) // 2])
    rows = luck.permutation(np.flatnonzero(teaches))[:AT_MOST]
    return {
        block: {source: _r2(x, y, rows, ~teaches, kind) for source, y in sources.items()} for block, x in blocks.items()
    }


def _r2(x: Floats, y: Floats, rows: NDArray[Any], test: NDArray[np.bool_], kind: str) -> float:
    centre, spread = x[rows].mean(axis=0), np.maximum(x[rows].std(axis=0), 1e-9)
    z, level = (np.asarray(x, np.float64) - centre) / spread, y[rows].mean(axis=0)
    validation = len(rows) // 4
    fit, held = rows[validation:], rows[:validation]
    options: list[dict[str, Any]] = [{"kernel": "linear"}]
    if kind == "kernel":
        some = z[rows[:300]]
        median = max(float(np.median(np.sum((some[:, None] - some[None]) ** 2, axis=-1))), 1e-9)
        options = [{"kernel": "rbf", "gamma": 1.0 / (width**2 * median)} for width in WIDTHS]
    models = [
        KernelRidge(alpha=penalty, **option).fit(z[fit], y[fit] - level) for option in options for penalty in PENALTIES
    ]
    best = max(models, key=lambda model: r2_score(y[held], model.predict(z[held]) + level))
    return r2_score(y[test], best.predict(z[test]) + level)
