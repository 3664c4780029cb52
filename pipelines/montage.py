"""Where electrodes sit (10-05 system) and what follows from it: neighbours and spherical-spline interpolation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.polynomial.legendre import legval
from numpy.typing import NDArray

from pipelines.channel_names import canonical_name
from pipelines.errors import ChannelMismatch

SPLINE_ORDER = 4
LEGENDRE_TERMS = 50
REGULARISATION = 1e-5
TABLE_POINTS = 2**15 + 1


@cache
def _table() -> dict[str, tuple[float, float, float]]:
    # A slow import, needed only where positions are.
    from mne.channels import get_builtin_montages, make_standard_montage

    # MNE 1.13 renamed the template and removes the old name in 1.14.
    template = next(name for name in ("colin27_1005", "standard_1005") if name in get_builtin_montages())
    positions = make_standard_montage(template).get_positions()["ch_pos"]
    return {canonical_name(name): (float(xyz[0]), float(xyz[1]), float(xyz[2])) for name, xyz in positions.items()}


def has_positions(names: Sequence[str]) -> bool:
    """Whether every name is an electrode of the 10-05 system."""
    return all(canonical_name(name) in _table() for name in names)


def positions(names: Sequence[str]) -> NDArray[np.float64]:
    """Return electrode positions in metres in the head frame, shape (n, 3).

    Raises
    ------
    ChannelMismatch
        Naming the channels that are no electrodes of the 10-05 system.
    """
    unknown = [name for name in names if canonical_name(name) not in _table()]
    if unknown:
        raise ChannelMismatch(f"no 10-05 position is known for: {', '.join(unknown)}")
    return np.array([_table()[canonical_name(name)] for name in names])


def neighbours(names: Sequence[str], count: int = 4) -> list[list[int]]:
    """Return for each channel the indices of its nearest ``count`` others, nearest first."""
    xyz = positions(names)
    distance = np.linalg.norm(xyz[:, None] - xyz[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    return [[int(i) for i in np.argsort(row, kind="stable")[:count]] for row in distance]


def spline_weights(have: NDArray[np.float64], want: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights (n_want, n_have) that interpolate electrodes at ``want`` from those at ``have``.

    Spherical splines of order 4 (Perrin et al. 1989, Electroencephalogr. Clin. Neurophysiol. 72:184-187), with the
    number of terms and the regularisation that MNE uses. Positions (n, 3) are projected to the unit sphere.
    """
    source, target = (xyz / np.linalg.norm(xyz, axis=1, keepdims=True) for xyz in (have, want))
    n = len(source)
    system = np.ones((n + 1, n + 1))
    system[:n, :n] = _g(source @ source.T) + REGULARISATION * np.eye(n)
    system[n, n] = 0.0
    right = np.hstack([_g(target @ source.T), np.ones((len(target), 1))])
    weights: NDArray[np.float64] = (right @ np.linalg.pinv(system))[:, :n]
    return weights


def _g(cosine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Perrin's g(x): sum over n of (2n+1) / (n (n+1))^m P_n(x) / 4 pi; read from a table, to 1e-12."""
    table = _g_table()
    place = (np.clip(cosine, -1, 1) + 1) * ((len(table) - 1) / 2)
    below = np.minimum(place.astype(np.int64), len(table) - 2)
    return np.asarray(table[below] + (place - below) * np.diff(table)[below])


@cache
def _g_table() -> NDArray[np.float64]:
    n = np.arange(1, LEGENDRE_TERMS + 1)
    weights = (2 * n + 1) / (n * (n + 1.0)) ** SPLINE_ORDER / (4 * np.pi)
    return np.asarray(legval(np.linspace(-1, 1, TABLE_POINTS), np.concatenate(([0.0], weights))))
