"""Tangent space and features relative to rest, with pyriemann as the oracle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyriemann.geometry.distance import distance_riemann
from pyriemann.geometry.mean import mean_riemann
from pyriemann.geometry.tangentspace import tangent_space

from models.rest_features import LIMIT, RestFeatures, log_band_power, n_features
from models.tangent_space import inverse_root, riemann_mean, shrink, tangent_vectors

N_BANDS, N_CHANNELS = 2, 4


def covariances(seed: int, count: int = 12) -> np.ndarray:
    """Wishart matrices (count, n_bands, n, n) around one of each band's own."""
    rng = np.random.default_rng(seed)
    mixing = rng.standard_normal((N_BANDS, N_CHANNELS, N_CHANNELS))
    rows = rng.standard_normal((count, N_BANDS, 40, N_CHANNELS)) @ mixing
    return rows.swapaxes(-1, -2) @ rows / 40


def test_mean_is_pyriemanns_and_its_tangent_vectors_cancel() -> None:
    found = covariances(10)
    mean = riemann_mean(found)
    for band in range(N_BANDS):
        np.testing.assert_allclose(mean[band], mean_riemann(found[:, band], tol=1e-10), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(tangent_vectors(found, inverse_root(mean)).mean(axis=0), 0.0, atol=1e-7)


def test_mean_of_one_matrix_is_itself_and_of_two_multiples_their_geometric_mean() -> None:
    found = covariances(11, 1)
    np.testing.assert_allclose(riemann_mean(found), found[0], rtol=1e-9)
    np.testing.assert_allclose(riemann_mean(np.concatenate([found, 9 * found])), 3 * found[0], rtol=1e-7)


def test_tangent_vectors_are_pyriemanns() -> None:
    found = covariances(0)
    reference = riemann_mean(found)
    mine = tangent_vectors(found, inverse_root(reference)).reshape(len(found), N_BANDS, -1)
    for band in range(N_BANDS):
        np.testing.assert_allclose(mine[:, band], tangent_space(found[:, band], reference[band]), atol=1e-10)


def test_length_of_a_vector_is_the_distance_from_the_reference() -> None:
    found = covariances(1)
    reference = found[0]
    vectors = tangent_vectors(found, inverse_root(reference)).reshape(len(found), N_BANDS, -1)
    for band in range(N_BANDS):
        expected = [distance_riemann(matrix, reference[band]) for matrix in found[:, band]]
        np.testing.assert_allclose(np.linalg.norm(vectors[:, band], axis=1), expected, atol=1e-9)


@given(st.integers(0, 1000))
@settings(deadline=None, max_examples=20)
def test_one_window_and_a_stack_give_the_same_vectors(seed: int) -> None:
    found = covariances(seed, 5)
    features = RestFeatures(covariances(seed + 1), tangent=True)
    np.testing.assert_allclose(np.stack([features(c) for c in found]), features(found), rtol=1e-12, atol=1e-12)


def test_distances_do_not_depend_on_how_the_channels_are_mixed() -> None:
    """Why re-centring helps from one person, cap and reference to another (Zanini et al. 2018)."""
    mixing = np.random.default_rng(5).standard_normal((N_CHANNELS, N_CHANNELS))
    rest, task = covariances(2), covariances(2)[:3] * 1.7

    def distances(rest: np.ndarray, task: np.ndarray) -> np.ndarray:
        whitener = inverse_root(riemann_mean(rest))
        return np.linalg.norm(tangent_vectors(task, whitener), axis=1)

    np.testing.assert_allclose(
        distances(mixing @ rest @ mixing.T, mixing @ task @ mixing.T), distances(rest, task), rtol=1e-6
    )


def test_inverse_root_undoes_the_matrix() -> None:
    matrices = covariances(3)
    roots = inverse_root(matrices)
    np.testing.assert_allclose(roots @ matrices @ roots, np.broadcast_to(np.eye(N_CHANNELS), matrices.shape), atol=1e-9)


def test_shrinking_keeps_the_trace_and_mends_a_singular_matrix() -> None:
    singular = np.ones((1, 3, 3))
    mended = shrink(singular, 0.1)
    assert np.trace(mended[0]) == pytest.approx(3.0)
    assert np.linalg.eigvalsh(mended[0])[0] == pytest.approx(0.1)
    np.testing.assert_array_less(0.0, np.linalg.eigvalsh(shrink(np.zeros((3, 3)), 0.1)))


@pytest.mark.parametrize("tangent", [False, True])
def test_rest_itself_lies_around_zero(tangent: bool) -> None:
    rest = covariances(4, 30)
    features = RestFeatures(rest, tangent=tangent)(rest)
    assert features.shape == (30, n_features(N_BANDS, N_CHANNELS, tangent=tangent))
    np.testing.assert_allclose(features.mean(axis=0), 0.0, atol=1e-9)
    assert (features.std(axis=0) < 1.0).all()


def test_scale_moves_log_power_by_its_logarithm() -> None:
    found = covariances(6)
    np.testing.assert_allclose(log_band_power(found * np.e**2), log_band_power(found) + 2.0, atol=1e-12)


def test_gain_of_the_amplifier_does_not_matter() -> None:
    rest, task = covariances(7), covariances(8)
    np.testing.assert_allclose(
        RestFeatures(9 * rest, tangent=True)(9 * task), RestFeatures(rest, tangent=True)(task), atol=1e-6
    )


def test_an_artefact_counts_no_more_than_the_limit() -> None:
    rest = covariances(9)
    assert np.abs(RestFeatures(rest, tangent=True)(1e12 * rest)).max() == LIMIT
