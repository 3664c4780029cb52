"""Ridge of all voxels jointly: its closed forms against brute force, and what it is for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from models.fmri.joint_ridge import JointRidge, Laws
from models.fmri.synbrain.mean_path import MeanPath
from models.fmri.synbrain.pairs import Pairs
from models.fmri.synbrain.vae import VoxelScale
from models.ridge_map import ridge_map


def _covariance(rng: np.random.Generator, n: int) -> np.ndarray:
    root = rng.standard_normal((n, n))
    return np.asarray(root @ root.T / n + 0.3 * np.eye(n))


def _centred(rng: np.random.Generator, *shape: int) -> np.ndarray:
    values = rng.standard_normal(shape)
    return np.asarray(values - values.mean(axis=0))


def test_weights_are_those_of_a_normal_law_conditioned_by_brute_force() -> None:
    rng = np.random.default_rng(0)
    x, y = _centred(rng, 12, 3), _centred(rng, 12, 4)
    laws = Laws(_covariance(rng, 3), _covariance(rng, 4), _covariance(rng, 4))
    seen = np.kron(x, np.eye(4))  # of weights, row by row
    prior, noise = np.kron(laws.features, laws.voxels), np.kron(np.eye(12), laws.noise)
    wanted = prior @ seen.T @ np.linalg.solve(seen @ prior @ seen.T + noise, y.ravel())
    np.testing.assert_allclose(JointRidge.of(x, y, laws).weights, wanted.reshape(3, 4), atol=1e-9)


def test_where_everything_is_apart_it_is_plain_ridge() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((30, 5)) + 2, rng.standard_normal((30, 3)) - 1
    found = JointRidge.of(x, y, Laws(np.eye(5), 0.5 * np.eye(3), 2.0 * np.eye(3)))
    plain = Ridge(alpha=2.0 / 0.5).fit(x, y)
    np.testing.assert_allclose(found.weights, plain.coef_.T, atol=1e-9)
    np.testing.assert_allclose(found.offset, plain.intercept_, atol=1e-9)


def test_few_trials_teach_more_where_voxels_resemble_one_another() -> None:
    rng = np.random.default_rng(2)
    weights = rng.standard_normal((20, 2)) @ rng.standard_normal((2, 40))
    x, shown = rng.standard_normal((60, 20)), rng.standard_normal((500, 20))
    y = x @ weights + 6 * rng.standard_normal((60, 40))
    plain, _ = ridge_map(x, y)
    errors = [np.square(shown @ weights - said(shown)).mean() for said in (JointRidge.fit(x, y), plain)]
    assert errors[0] < 0.8 * errors[1]


def test_neighbours_help_only_where_they_are_alike() -> None:
    rng = np.random.default_rng(3)
    places = rng.uniform(size=(60, 2))
    square = np.square(places[:, None] - places).sum(axis=2)
    alike = np.linalg.cholesky(np.exp(-square / 0.05) + 1e-6 * np.eye(60))
    x, shown = rng.standard_normal((50, 15)), rng.standard_normal((300, 15))
    weights = rng.standard_normal((15, 60)) @ alike.T
    y = x @ weights + 4 * rng.standard_normal((50, 60))
    errors = {
        name: np.square(shown @ weights - JointRidge.fit(x, y, where)(shown)).mean()
        for name, where in {"none": None, "true": places, "shuffled": rng.permutation(places)}.items()
    }
    assert errors["true"] < 0.8 * errors["none"]
    assert errors["shuffled"] < 1.1 * errors["none"]  # the length is chosen: 0 where places say nothing


@pytest.mark.parametrize(("own", "share"), [("truth", 1.0), ("noise", 0.0)])
def test_validation_keeps_of_the_networks_what_is_right(own: str, share: float) -> None:
    rng = np.random.default_rng(4)
    tokens = rng.standard_normal((120, 1, 6)).astype(np.float32)
    bent = np.tanh(3 * tokens[:, 0]) ** 2 @ rng.standard_normal((6, 8))  # even: a line finds nothing
    pairs = Pairs.of_arrays(tokens, (bent + 0.1 * rng.standard_normal(bent.shape)).astype(np.float32))
    train, validation = torch.arange(80), torch.arange(80, 120)
    scale = VoxelScale(8)
    scale.set(pairs.voxels[train])
    path = MeanPath(8, 6)
    path.fit(scale, pairs, train, validation)
    told = scale.inward(torch.from_numpy(bent).float())[validation]
    path.weigh(scale, pairs, validation, told if own == "truth" else torch.randn(told.shape, generator=_luck()))
    assert float(path.share) == pytest.approx(share, abs=0.12)


def _luck() -> torch.Generator:
    return torch.Generator().manual_seed(0)
