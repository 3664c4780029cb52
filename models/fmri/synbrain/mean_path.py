"""From tokens straight to voxels in closed form, and how much of the networks' mean validation keeps beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.fmri.joint_ridge import LARGEST_FEATURES, LARGEST_VOXELS, Floats, JointRidge
from models.fmri.synbrain.pairs import Pairs
from models.fmri.synbrain.vae import VoxelScale
from models.ridge_map import ridge_map

PRIOR_SHARES = (0.0, 0.3, 1.0)
"""Shares of plain ridge's prior tried, mixed with what another subject says of features."""
Fitted = tuple[Floats, Floats, Floats | None]
"""Weights (p, V), offset (V,), covariance of features' weights (p, p)."""
Fit = Callable[[Floats, Floats], Fitted]


class MeanPath(nn.Module):
    """Ridge regression of voxels' deviations on tokens, of one voxel each or of all jointly.

    Parameters
    ----------
    n_voxels, n_features
        V, and the numbers in all tokens of an image.
    """

    weight: Tensor
    offset: Tensor
    share: Tensor
    features: Tensor

    def __init__(self, n_voxels: int, n_features: int) -> None:
        super().__init__()
        known = n_features if n_features <= LARGEST_FEATURES else 0
        self.register_buffer("weight", torch.zeros(n_voxels, n_features))
        self.register_buffer("offset", torch.zeros(n_voxels))
        self.register_buffer("share", torch.ones(()))  # of the networks' own mean
        self.register_buffer("features", torch.eye(known))  # what a new subject's weights are drawn towards

    def forward(self, tokens: Tensor) -> Tensor:
        """Return expected deviations (n, V) for images (n, m, d)."""
        found: Tensor = nn.functional.linear(tokens.flatten(1), self.weight, self.offset)
        return found

    def shift(self, tokens: Tensor, own: Tensor) -> Tensor:
        """Return what to add to the networks' own mean (n, V)."""
        found: Tensor = (1 - self.share) * (self(tokens) - own)
        return found

    @torch.no_grad()
    def fit(
        self, scale: VoxelScale, pairs: Pairs, train: Tensor, validation: Tensor, prior: Tensor | None = None
    ) -> Fit:
        """Take the closed form with the least squared error on validation rows; return how it is learnt.

        Parameters
        ----------
        prior
            Another subject's ``features``; None: there is none.
        """
        (x, y), (shown, wanted) = (_arrays(scale, pairs, rows) for rows in (train, validation))
        ways: list[Fit] = [_plain]
        if y.shape[1] <= LARGEST_VOXELS and len(self.features):
            ways.append(_joint(pairs.places, None if prior is None else prior.double().numpy()))
        found = [way(x, y) for way in ways]
        errors = [float(np.square(shown @ weights + offset - wanted).mean()) for weights, offset, _ in found]
        best = int(np.argmin(errors))
        self._take(found[best])
        return ways[best]

    @torch.no_grad()
    def weigh(self, scale: VoxelScale, pairs: Pairs, validation: Tensor, own: Tensor) -> None:
        """Set the share of the networks' own mean (n_validation, V), 0 to 1, by least squares on validation rows."""
        tokens, wanted = pairs.tokens_of(validation), scale.inward(pairs.voxels[validation])
        said = self(tokens)
        step, left = own - said, wanted - said
        self.share.copy_(((step * left).sum() / step.square().sum().clamp_min(1e-12)).clamp(0, 1))

    @torch.no_grad()
    def fit_again(self, way: Fit, scale: VoxelScale, pairs: Pairs, rows: Tensor) -> None:
        """Learn from these rows, validation among them, once all is chosen."""
        self._take(way(*_arrays(scale, pairs, rows)))

    def _take(self, found: Fitted) -> None:
        weights, offset, features = found
        self.weight.copy_(torch.from_numpy(weights.T))
        self.offset.copy_(torch.from_numpy(offset))
        if features is not None:
            self.features.copy_(torch.from_numpy(features))


def _arrays(scale: VoxelScale, pairs: Pairs, rows: Tensor) -> tuple[Floats, Floats]:
    tokens, deviations = pairs.tokens_of(rows).flatten(1), scale.inward(pairs.voxels[rows])
    return tokens.double().numpy(), deviations.double().numpy()


def _plain(x: Floats, y: Floats) -> Fitted:
    found, _ = ridge_map(x, y)
    return found.matrix, found.offset, None


def _joint(places: NDArray[np.floating[Any]] | None, prior: Floats | None) -> Fit:
    known = None if places is None else np.asarray(places, dtype=np.float64)

    def fit(x: Floats, y: Floats) -> Fitted:
        if prior is None:
            found = JointRidge.fit(x, y, known)
        else:
            eye = np.eye(len(prior))
            mixed = [(1 - share) * prior * (len(prior) / np.trace(prior)) + share * eye for share in PRIOR_SHARES]
            tried = [JointRidge.fit(x, y, known, features, learn_features=False) for features in mixed]
            found = max(tried, key=lambda one: one.evidence)
        return found.weights, found.offset, found.laws.features

    return fit
