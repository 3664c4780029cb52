"""Mean correlation coefficient (MCC): whether latents are those that made the data, one by one or as a whole."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from pipelines.errors import ModelError

Floats = NDArray[np.floating[Any]]


def mcc(true: Floats, found: Floats, kind: Literal["strong", "weak"] = "strong") -> float:
    """Return the mean absolute correlation of matched latents.

    Parameters
    ----------
    true, found
        (n_samples, n_latents); ``found`` may have more columns.
    kind
        ``strong``: each true latent is matched with one found, so that only order, sign and scale are free
        (Khemakhem et al. 2020, AISTATS, iVAE). ``weak``: after the best linear map of all found latents, which
        anything linearly mixed also passes (Roeder et al. 2021, ICML).

    Raises
    ------
    ModelError
        If the numbers of samples differ, or fewer latents were found than there are.
    """
    if len(true) != len(found) or found.shape[1] < true.shape[1]:
        raise ModelError(f"latents {true.shape} and {found.shape}: as many samples, and no fewer latents found")
    x, y = (np.asarray(v, np.float64) - np.mean(v, axis=0, dtype=np.float64) for v in (true, found))
    if kind == "weak":
        y = y @ np.linalg.lstsq(y, x, rcond=None)[0]
        return float(np.mean(np.abs(np.sum(_unit(x) * _unit(y), axis=0))))
    r = np.abs(_unit(x).T @ _unit(y))
    rows, columns = linear_sum_assignment(r, maximize=True)
    return float(r[rows, columns].mean())


def _unit(v: Floats) -> Floats:
    norm = np.linalg.norm(v, axis=0)
    return np.asarray(v / np.where(norm > 0, norm, 1.0))
