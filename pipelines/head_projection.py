"""Electrodes on a flat head: azimuthal equidistant projection, and the weights of a map between the electrodes.

The only projection, for window and reports. On the flat head the vertex (Cz) is (0, 0), x goes to the right ear,
y to the nose, and the head's outline is the unit circle: Fpz, Oz, T7 and T8 lie at about 0.8 to 0.9, the electrodes
below the hat's rim (T9, TP9, A1 …) beyond 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from pipelines.montage import has_positions, positions, spline_weights

EDGE_DEG = 105.0
"""Angle from the vertex at which the outline of the head is drawn."""
MAP_POINTS = 40
"""Points of a map across the head; smooth scaling does the rest."""
REACH_DEG = 38.0
"""How far from the nearest electrode a map goes: about the distance of neighbours in the 10-20 system."""
MIN_ELECTRODES = 8
"""With fewer electrodes a map between them would be invention."""

Floats = NDArray[np.float64]


def head_xy(names: Sequence[str]) -> Floats:
    """Return where electrodes lie on the flat head, (n, 2).

    Raises
    ------
    ChannelMismatch
        Naming the channels that are no electrodes of the 10-05 system.
    """
    ray = _rays(names)
    radius = np.degrees(np.arccos(np.clip(ray[:, 2], -1, 1))) / EDGE_DEG
    angle = np.arctan2(ray[:, 1], ray[:, 0])
    return np.column_stack((radius * np.cos(angle), radius * np.sin(angle)))


def placed(names: Sequence[str]) -> list[int]:
    """Return the indices of the names that are electrodes with a place on the head."""
    return [index for index, name in enumerate(names) if has_positions([name])]


class HeadGrid:
    """A square of points over the head, and the matrix from electrodes to those of them that lie near some.

    Parameters
    ----------
    names
        Electrodes, all with a place on the head (:func:`placed`).

    Attributes
    ----------
    inside
        bool (MAP_POINTS, MAP_POINTS), points on the head that have an electrode near; rows from the top (nose)
        downwards, columns from left to right.
    weights
        (n_inside, n_electrodes), spherical splines; worked out at first use, for 256 electrodes take tens of ms.
    """

    def __init__(self, names: Sequence[str]) -> None:
        # Points in the middle of their pixels; the square is that around the outline.
        steps = (np.arange(MAP_POINTS) + 0.5) * 2 / MAP_POINTS - 1
        x, y = np.meshgrid(steps, -steps)
        radius = np.hypot(x, y)
        # One pixel beyond the outline, so that a smooth edge has something to blend with.
        self.inside = radius <= 1 + 3 / MAP_POINTS
        angle, polar = np.arctan2(y, x)[self.inside], np.radians(radius[self.inside] * EDGE_DEG)
        rays = np.column_stack((np.sin(polar) * np.cos(angle), np.sin(polar) * np.sin(angle), np.cos(polar)))
        self._electrodes = _rays(names)
        near = (rays @ self._electrodes.T).max(axis=1) >= np.cos(np.radians(REACH_DEG))
        self.inside[self.inside] = near
        self._points = rays[near]

    @cached_property
    def weights(self) -> Floats:
        """Return the matrix from electrodes to points."""
        return spline_weights(self._electrodes, self._points)

    def fill(self, values: Floats) -> Floats:
        """Return the map (MAP_POINTS, MAP_POINTS) of values (n_electrodes,); NaN where none is."""
        field = np.full(self.inside.shape, np.nan)
        field[self.inside] = self.weights @ values
        return field


def _rays(names: Sequence[str]) -> Floats:
    """Return unit vectors (n, 3) from the middle of the head: x to the right, y to the nose, z to the vertex."""
    centre, axes = _frame()
    ray = (positions(names) - centre) @ axes.T
    return np.asarray(ray / np.linalg.norm(ray, axis=1, keepdims=True))


@cache
def _frame() -> tuple[Floats, Floats]:
    """Return the middle of the sphere that fits the 10-20 electrodes best, and the axes through Cz and Fpz."""
    xyz = positions(
        "Fp1 Fpz Fp2 F7 F3 Fz F4 F8 T7 C3 Cz C4 T8 P7 P3 Pz P4 P8 O1 Oz O2".split()  # the hat's rim and above
    )
    system = np.column_stack((2 * xyz, np.ones(len(xyz))))
    centre = np.linalg.lstsq(system, (xyz**2).sum(axis=1), rcond=None)[0][:3]
    up, front = positions(["Cz", "Fpz"]) - centre
    up /= np.linalg.norm(up)
    right = np.cross(front, up)
    right /= np.linalg.norm(right)
    return centre, np.stack((right, np.cross(up, right), up))
