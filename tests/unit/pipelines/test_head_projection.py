"""The flat head: electrodes where a person expects them, and a map that follows the field between them."""

from __future__ import annotations

import numpy as np
import pytest
from mne.channels.interpolation import _make_interpolation_matrix

from pipelines import head_projection
from pipelines.errors import ChannelMismatch
from pipelines.head_projection import MAP_POINTS, HeadGrid, head_xy, placed
from pipelines.montage import positions

TEN_TWENTY = "Fp1 Fp2 F7 F3 Fz F4 F8 T7 C3 Cz C4 T8 P7 P3 Pz P4 P8 O1 O2".split()


def test_the_vertex_is_the_middle_and_the_nose_is_up() -> None:
    cz, fz, pz, c3, c4 = head_xy(["Cz", "Fz", "Pz", "C3", "C4"])
    np.testing.assert_allclose(cz, 0, atol=1e-9)
    assert fz[1] > 0.3 > -0.3 > pz[1]
    assert c3[0] < -0.3 < 0.3 < c4[0]
    np.testing.assert_allclose([fz[0], pz[0], c3[1], c4[1]], 0, atol=0.06)


def test_left_mirrors_right_and_the_hat_lies_inside_the_outline() -> None:
    left, right = head_xy(["Fp1", "F7", "T7", "P7", "O1"]), head_xy(["Fp2", "F8", "T8", "P8", "O2"])
    np.testing.assert_allclose(left * [-1, 1], right, atol=0.03)
    radius = np.hypot(*head_xy(["Fpz", "T7", "Oz", "T8"]).T)
    assert ((radius > 0.75) & (radius < 0.95)).all()
    assert np.hypot(*head_xy(["TP9"])[0]) > 1


def test_names_without_a_place_are_left_out_or_named() -> None:
    assert placed(["EEG T3-Ref", "ECG", "Cz", "E17"]) == [0, 2]
    with pytest.raises(ChannelMismatch, match="E17"):
        head_xy(["Cz", "E17"])


def test_the_map_equals_mnes_interpolation_at_other_electrodes() -> None:
    others = ["FC1", "FC2", "CP5", "CP6", "POz", "AFz", "C1"]
    rays = dict(zip(TEN_TWENTY + others, head_projection._rays(TEN_TWENTY + others), strict=True))
    have, want = (np.array([rays[name] for name in names]) for names in (TEN_TWENTY, others))
    expected = _make_interpolation_matrix(have, want)
    np.testing.assert_allclose(head_projection.spline_weights(have, want), expected, atol=1e-6)


def test_the_map_follows_a_known_field() -> None:
    def field(rays: np.ndarray) -> np.ndarray:
        return np.asarray(1 + 2 * rays[:, 1] - rays[:, 0] + rays[:, 2] ** 2)

    names = [*TEN_TWENTY, "Fpz", "Oz", *"FC5 FC1 FC2 FC6 CP5 CP1 CP2 CP6 AF3 AF4 PO3 PO4 TP9 TP10 FT9 FT10".split()]
    grid = HeadGrid(names)
    found = grid.fill(field(head_projection._rays(names)))
    steps = (np.arange(MAP_POINTS) + 0.5) * 2 / MAP_POINTS - 1
    x, y = np.meshgrid(steps, -steps)
    near = np.hypot(x, y) < 0.8
    polar, angle = np.radians(np.hypot(x, y)[near] * head_projection.EDGE_DEG), np.arctan2(y, x)[near]
    rays = np.column_stack((np.sin(polar) * np.cos(angle), np.sin(polar) * np.sin(angle), np.cos(polar)))
    np.testing.assert_allclose(found[near], field(rays), atol=0.08)
    assert np.isnan(found[0, 0])
    assert np.isfinite(found[MAP_POINTS // 2]).all()


def test_the_map_ends_where_no_electrode_is_near() -> None:
    names = "Oz O1 O2 PO3 POz PO7 PO8 PO4".split()
    field = HeadGrid(names).fill(np.arange(8.0))
    assert np.isnan(field[: MAP_POINTS // 2]).all()
    assert np.isfinite(field[round(0.9 * MAP_POINTS), MAP_POINTS // 2])


def test_a_constant_stays_a_constant_and_positions_are_not_moved() -> None:
    before = positions(TEN_TWENTY)
    grid = HeadGrid(TEN_TWENTY)
    np.testing.assert_allclose(grid.weights @ np.full(len(TEN_TWENTY), 7.0), 7.0, rtol=1e-3)
    np.testing.assert_array_equal(positions(TEN_TWENTY), before)
