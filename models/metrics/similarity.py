"""Likeness of two representations of the same items, whatever their units: RSA and CKA."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform
from scipy.stats import spearmanr

from pipelines.errors import MissingDependency, ModelError

Floats = NDArray[np.floating[Any]]
Distance = Literal["correlation", "euclidean", "cosine"]


def dissimilarities(patterns: Floats, distance: Distance = "correlation") -> NDArray[np.float64]:
    """Return the dissimilarity matrix (n_items, n_items) of patterns (n_items, n_units)."""
    return np.asarray(squareform(pdist(np.asarray(patterns, dtype=np.float64), distance)))


def rsa(first: Floats, second: Floats, method: Literal["spearman", "corr_cov"] = "spearman") -> float:
    """Compare two dissimilarity matrices (n_items, n_items) by their upper triangles.

    Parameters
    ----------
    method
        Rank correlation (Kriegeskorte et al. 2008), or the whitened correlation of Diedrichsen et al. 2021, which takes
        into account that distances share items (rsatoolbox).

    Raises
    ------
    ModelError
        If the matrices differ in size.
    MissingDependency
        If rsatoolbox is asked for and not installed.
    """
    if first.shape != second.shape:
        raise ModelError(f"RSA: matrices of {first.shape} and {second.shape}: select the same items")
    upper = np.triu_indices(len(first), 1)
    if method == "spearman":
        return float(spearmanr(first[upper], second[upper]).statistic)
    try:
        from rsatoolbox.rdm import RDMs, compare
    except ModuleNotFoundError as exc:
        raise MissingDependency("RSA by corr_cov needs rsatoolbox: pip install 'bci-app[fmri]'") from exc
    return float(compare(RDMs(first[upper][None]), RDMs(second[upper][None]), method="corr_cov").item())


def linear_cka(first: Floats, second: Floats) -> float:
    """Return the linear centred kernel alignment, 0 to 1, of (n_items, n_a) and (n_items, n_b).

    Kornblith et al. 2019, ICML, eq. 3 with linear kernels; biased upwards where units outnumber items.
    """
    a, b = (np.asarray(x, dtype=np.float64) - x.mean(axis=0, dtype=np.float64) for x in (first, second))
    cross = np.linalg.norm(a.T @ b) ** 2
    own = np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)
    return float(cross / own) if own > 0 else 0.0
