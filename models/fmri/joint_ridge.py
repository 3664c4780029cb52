"""Ridge regression of all voxels at once: which features and which voxels go together is learnt from the trials.

    y = x W + e,    W ~ matrix normal(0, R, K),    e ~ N(0, N)

R says how weights go together across features, K across voxels, N the noise of a trial. Plain ridge is R = 1 with K and
N diagonal. All three are found by expectation maximisation (Dempster et al. 1977; for two covariances of responses
Zhou and Stephens 2014, Nature Methods 11:407), each drawn towards a simple one; W is then its posterior mean. Where
places of voxels are known, K is drawn towards a Gaussian function of their distance, whose length is the likeliest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LENGTHS = (0.0, 0.12, 0.17, 0.24, 0.34, 0.48)
"""Lengths tried, in root-mean-square distances of voxels from their centre; 0: neighbours are as strange as others."""
STEPS, STEPS_TO_CHOOSE = 30, 10
NOISE_WEIGHT = 4.0
"""Trials, in voxels, that the diagonal of N counts as; K's simple form counts as one direction for each voxel."""
FEATURES_WEIGHT = 2.0
"""Voxels, in features, that R = 1 counts as."""
LEAST = 1e-6
LARGEST_VOXELS, LARGEST_FEATURES = 500, 1024
"""More than these make the decompositions, cubic in both, too slow."""


@dataclass(frozen=True, slots=True, eq=False)
class Laws:
    """Covariances: of features' weights R (p, p), of voxels' weights K (V, V), of a trial's noise N (V, V)."""

    features: Floats
    voxels: Floats
    noise: Floats


@dataclass(frozen=True, slots=True, eq=False)
class JointRidge:
    """Weights (p, V), the offset (V,), the laws found, and their log evidence (nats, up to a constant)."""

    weights: Floats
    offset: Floats
    laws: Laws
    evidence: float

    @classmethod
    def of(cls, x: Floats, y: Floats, laws: Laws) -> Self:
        """Return the posterior mean under known laws.

        Parameters
        ----------
        x, y
            (n_trials, p), (n_trials, V).
        """
        data = _Trials.of(x, y, _root(laws.features))
        step = _Step(data, np.eye(len(data.power)), laws.voxels, laws.noise)
        return cls._made(data, step, laws)

    @classmethod
    def fit(
        cls,
        x: Floats,
        y: Floats,
        places: Floats | None = None,
        features: Floats | None = None,
        *,
        learn_features: bool = True,
    ) -> Self:
        """Learn the laws, and the weights under them.

        Parameters
        ----------
        x, y
            (n_trials, p), (n_trials, V).
        places
            Of voxels, (V, n_axes), in any unit.
        features
            What R begins with and is drawn towards; None: 1.
        learn_features
            Whether R follows these trials.
        """
        root = np.eye(x.shape[1]) if features is None else _root(features * (len(features) / np.trace(features)))
        data = _Trials.of(x, y, root)
        forms = [np.eye(y.shape[1])] if places is None else [_nearness(places, length) for length in LENGTHS]
        if len(forms) > 1:
            found = [_learnt(data, form, STEPS_TO_CHOOSE, learn_features=False)[1].evidence for form in forms]
            forms = [forms[int(np.argmax(found))]]
        inner, step = _learnt(data, forms[0], STEPS, learn_features=learn_features)
        beyond = root @ root.T - data.axes @ data.axes.T  # directions in which images did not differ
        return cls._made(data, step, Laws(data.axes @ inner @ data.axes.T + beyond, step.voxels, step.noise))

    @classmethod
    def _made(cls, data: _Trials, step: _Step, laws: Laws) -> Self:
        weights = data.axes @ step.weights
        return cls(weights, data.y_mean - data.x_mean @ weights, laws, step.evidence)

    def __call__(self, x: Floats) -> Floats:
        """Return expected responses (n, V) to features (n, p)."""
        return np.asarray(x @ self.weights + self.offset)


@dataclass(frozen=True, slots=True, eq=False)
class _Trials:
    """What trials say, in the features' main axes (p, r), in which the prior of weights is 1 and features are apart."""

    axes: Floats
    power: Floats
    cross: Floats
    squares: Floats
    n: int
    x_mean: Floats
    y_mean: Floats

    @classmethod
    def of(cls, x: Floats, y: Floats, root: Floats) -> Self:
        x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
        x, y = np.asarray(x - x_mean, dtype=np.float64), np.asarray(y - y_mean, dtype=np.float64)
        _, s, vt = np.linalg.svd(x @ root, full_matrices=False)
        kept = s > LEAST * s[0]
        axes = root @ vt[kept].T
        return cls(axes, s[kept] ** 2, (x @ axes).T @ y, y.T @ y, len(y), x_mean, y_mean)


class _Step:
    """Posterior of the weights under given laws, in coordinates in which noise is 1 and K is diagonal."""

    def __init__(self, data: _Trials, features: Floats, voxels: Floats, noise: Floats) -> None:
        self.features, self.voxels, self.noise, self._data = features, voxels, noise, data
        root = _root(features)
        power, turn = np.linalg.eigh(root.T @ (data.power[:, None] * root))
        self._power = np.maximum(power, LEAST * power[-1])
        self._basis = root @ turn
        seen = (self._basis / np.sqrt(self._power)).T @ data.cross
        lower = np.linalg.cholesky(noise)
        inverse = np.linalg.inv(lower)
        size, axes = np.linalg.eigh(inverse @ voxels @ inverse.T)
        self._size = np.maximum(size, 1e-12)
        inward, self._outward = inverse.T @ axes, axes.T @ lower.T
        z = seen @ inward
        gain = self._power[:, None] * self._size + 1
        self._mean = np.sqrt(self._power)[:, None] * self._size / gain * z
        self._variance = self._size / gain
        self._left = inward.T @ (data.squares - seen.T @ seen) @ inward
        error = z - np.sqrt(self._power)[:, None] * self._mean
        self._noise = self._left + error.T @ error + np.diag((self._power[:, None] * self._variance).sum(axis=0))
        fit = (np.log(gain) + z**2 / gain).sum() + np.trace(self._left)
        self.evidence = float(-0.5 * fit - data.n * np.log(np.diag(lower)).sum())

    @property
    def weights(self) -> Floats:
        """Posterior mean (r, V)."""
        return np.asarray(self._basis @ self._mean @ self._outward)

    def next_voxels(self, form: Floats) -> Floats:
        """Return K, drawn towards ``form`` (V, V) at its own scale."""
        second = self._mean.T @ self._mean + np.diag(self._variance.sum(axis=0))
        second, n = self._outward.T @ second @ self._outward, len(self._power)
        scale = np.sqrt(np.diag(second) / n)
        drawn = (second + len(second) * (scale[:, None] * form * scale)) / (n + len(second))
        return np.asarray(drawn + LEAST * np.diag(np.diag(drawn)))

    def next_noise(self) -> Floats:
        """Return N, drawn towards its diagonal."""
        found, n = self._outward.T @ self._noise @ self._outward, self._data.n
        weight = NOISE_WEIGHT * len(found)
        return np.asarray((found + weight * np.diag(np.diag(found)) / n) / (n + weight))

    def next_features(self) -> Floats:
        """Return R, drawn towards 1, of trace r: its scale is K's."""
        second = (self._mean / self._size) @ self._mean.T + np.diag((self._variance / self._size).sum(axis=1))
        found = self._basis @ second @ self._basis.T
        n = len(found)
        found = found + FEATURES_WEIGHT * np.eye(n) * np.trace(found) / len(self._size)
        return np.asarray(found * (n / np.trace(found)))


def _learnt(data: _Trials, form: Floats, n_steps: int, *, learn_features: bool) -> tuple[Floats, _Step]:
    """Return R in the trials' axes, and the last step."""
    variance = np.diag(data.squares) / data.n
    scale = np.sqrt(0.3 * variance * data.n / data.power.sum())
    voxels = scale[:, None] * form * scale + LEAST * np.diag(scale**2 + LEAST)
    noise = 0.7 * data.squares / data.n + np.diag(0.05 * variance + LEAST)
    features = np.eye(len(data.power))
    step = _Step(data, features, voxels, noise)
    for _ in range(n_steps):
        features = step.next_features() if learn_features else features
        step = _Step(data, features, step.next_voxels(form), step.next_noise())
    return features, step


def _nearness(places: Floats, length: float) -> Floats:
    """Return a Gaussian function of distance (V, V)."""
    if not length:
        return np.eye(len(places))
    centred = np.asarray(places, dtype=np.float64) - places.mean(axis=0)
    square = (centred**2).sum(axis=1)
    distance = np.maximum(square[:, None] + square - 2 * centred @ centred.T, 0.0)
    return np.asarray(np.exp(-distance / (2 * length**2 * max(square.mean(), 1e-12))))


def _root(covariance: Floats) -> Floats:
    """Return h with h h' = covariance."""
    size, axes = np.linalg.eigh(covariance)
    return np.asarray(axes * np.sqrt(np.maximum(size, 0.0)))
