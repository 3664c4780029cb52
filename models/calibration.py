"""From scores to probabilities that can be believed, the learned threshold, and the right to abstain.

Sources: Platt 1999, Advances in Large Margin Classifiers, p. 61 (sigmoid with smoothed targets); Lin, Lin & Weng 2007,
Machine Learning 68:267 (its fit by Newton's method); Guo et al. 2017, ICML, arXiv 1706.04599 (temperature, expected
calibration error); Brier 1950, Monthly Weather Review 78:1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.errors import CheckpointInvalid, ModelError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LogisticCalibration:
    """Binary: p of the second class is ``1 / (1 + exp(-(slope * score + offset)))``.

    ``score`` is a log-odds or any decision value that grows with the second class. A threshold learned on held-out
    people is part of ``offset``, so that p >= 0.5 says "second class" everywhere downstream.
    """

    slope: float = 1.0
    offset: float = 0.0

    @classmethod
    def fit(cls, scores: ArrayLike, labels: ArrayLike) -> Self:
        """Fit slope and offset (Platt) on scores (n,) and labels (n,) of 0 and 1 that the model was not trained on.

        Raises
        ------
        ModelError
            If a class is missing, a value is not finite, or higher scores do not mean the second class.
        """
        x, y = _binary(scores, labels)
        n_positive = float(y.sum())
        n_negative = y.size - n_positive
        # Targets short of 0 and 1 keep the slope finite when the classes are separable (Platt 1999, eq. 2.2).
        targets = np.where(y == 1, (n_positive + 1) / (n_positive + 2), 1 / (n_negative + 2))
        scale = float(np.abs(x).max()) or 1.0
        slope, offset = _newton(x / scale, targets)
        if slope <= 0:
            raise ModelError(
                "calibration: higher scores do not go with the second class on the calibration data; "
                "check the order of the classes, or use more data"
            )
        return cls(slope / scale, offset)

    def with_threshold(self, score: float) -> Self:
        """Return the calibration whose p is 0.5 exactly at a score: the slope is kept, the offset moves."""
        return type(self)(self.slope, -self.slope * score)

    @property
    def threshold(self) -> float:
        """Score at which p is 0.5."""
        return -self.offset / self.slope

    def apply(self, scores: ArrayLike) -> Floats:
        """Return p of the second class, in the shape of the scores."""
        # tanh neither overflows nor loses the tails' symmetry: p(-z) = 1 - p(z).
        return 0.5 * (1.0 + np.tanh(0.5 * (self.slope * np.asarray(scores, dtype=np.float64) + self.offset)))

    def to_dict(self) -> dict[str, float]:
        """Return the table for a checkpoint's card."""
        return asdict(self)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], where: str = "calibration") -> Self:
        """Read the table of a card.

        Raises
        ------
        CheckpointInvalid
            If a key is missing, unknown or no finite number, or the slope is not positive.
        """
        if set(table) != {"slope", "offset"}:
            raise CheckpointInvalid(f"{where}: needs the keys slope and offset, has {', '.join(table) or 'none'}")
        slope, offset = (_number(table[key], f"{where}: {key}") for key in ("slope", "offset"))
        if slope <= 0:
            raise CheckpointInvalid(f"{where}: slope = {slope}: must be positive")
        return cls(slope, offset)


@dataclass(frozen=True, slots=True)
class TemperatureCalibration:
    """Any number of classes: probabilities are ``softmax(logits / temperature)``; the most probable class stays."""

    temperature: float = 1.0

    @classmethod
    def fit(cls, logits: ArrayLike, labels: ArrayLike, smoothing: float = 0.0) -> Self:
        """Minimise the negative log-likelihood; temperatures from 0.01 to 100.

        Parameters
        ----------
        logits
            Shape (n, n_classes), of data that the model was not trained on.
        labels
            Class indices, shape (n,).
        smoothing
            Share of each label spread over all classes: a few windows that are all right are no proof of certainty.

        Raises
        ------
        ModelError
            If the shapes do not fit, a label is no class, or a value is not finite.
        """
        z, y = np.asarray(logits, dtype=np.float64), np.asarray(labels, dtype=np.int64)
        if z.ndim != 2 or y.shape != z.shape[:1] or not y.size or not np.isfinite(z).all():
            raise ModelError(
                f"temperature: needs finite logits (n, n_classes) and labels (n,), got {z.shape} and {y.shape}"
            )
        if y.min() < 0 or y.max() >= z.shape[1]:
            raise ModelError(f"temperature: labels must lie between 0 and {z.shape[1] - 1}, got {y.min()} to {y.max()}")
        true = (1 - smoothing) * z[np.arange(y.size), y] + smoothing * z.mean(axis=1)

        def excess(log_t: float) -> float:
            """Derivative of the loss with respect to 1/T: expected logit less the true class's."""
            return float(np.mean((softmax(z * np.exp(-log_t)) * z).sum(axis=1) - true))

        # The loss is convex in 1/T, so its derivative changes sign once; bisection in log T cannot miss it.
        low, high = np.log(1e-2), np.log(1e2)
        for _ in range(60):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if excess(middle) < 0 else (middle, high)
        return cls(float(np.exp(0.5 * (low + high))))

    def apply(self, logits: ArrayLike) -> Floats:
        """Return probabilities along the last axis."""
        return softmax(np.asarray(logits, dtype=np.float64) / self.temperature)

    def to_dict(self) -> dict[str, float]:
        """Return the table for a checkpoint's card."""
        return asdict(self)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], where: str = "calibration") -> Self:
        """Read the table of a card.

        Raises
        ------
        CheckpointInvalid
            If the key is missing or not alone, or the value is no positive number.
        """
        if set(table) != {"temperature"}:
            raise CheckpointInvalid(f"{where}: needs the key temperature alone, has {', '.join(table) or 'none'}")
        temperature = _number(table["temperature"], f"{where}: temperature")
        if temperature <= 0:
            raise CheckpointInvalid(f"{where}: temperature = {temperature}: must be positive")
        return cls(temperature)


def softmax(logits: ArrayLike) -> Floats:
    """Return probabilities along the last axis."""
    z = np.asarray(logits, dtype=np.float64)
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def best_threshold(scores: ArrayLike, labels: ArrayLike) -> float:
    """Return the score threshold of the best balanced accuracy ("second class" from there on).

    It lies in the middle between two scores; of several that are equally good, the middle one is taken.

    Raises
    ------
    ModelError
        If a class is missing or a value is not finite.
    """
    x, y = _binary(scores, labels)
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    positive, negative = y.sum(), y.size - y.sum()
    # Cut k calls the k lowest scores "first class"; equal scores cannot be parted.
    cuts = np.flatnonzero(np.diff(x) > 0) + 1
    if not cuts.size:
        return float(x[0])
    below_positive = np.cumsum(y)[cuts - 1]
    balanced = 0.5 * ((cuts - below_positive) / negative + 1.0 - below_positive / positive)
    best = cuts[np.flatnonzero(balanced >= balanced.max() - 1e-12)]
    cut = best[len(best) // 2]
    return float(0.5 * (x[cut - 1] + x[cut]))


def is_unsure(probabilities: ArrayLike, band: float) -> bool:
    """Say whether the best class leads the second one by less than ``band`` (0 never abstains, 1 nearly always)."""
    ordered = np.sort(np.asarray(probabilities, dtype=np.float64))
    return bool(ordered[-1] - ordered[-2] < band)


def brier_score(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Return the mean squared distance of p of the second class, shape (n,), from the labels 0 and 1; 0 is perfect."""
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    return float(np.mean((p - y) ** 2))


def expected_calibration_error(probabilities: ArrayLike, labels: ArrayLike, n_bins: int = 10) -> float:
    """Return the mean gap between p and the observed frequency of the second class, over equal-width bins.

    Parameters
    ----------
    probabilities
        Of the second class, shape (n,).
    labels
        0 and 1, shape (n,).
    n_bins
        Bins between 0 and 1, weighted by their share of the windows (Guo et al. 2017, eq. 5, for p itself).
    """
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    bins = np.minimum((p * n_bins).astype(int), n_bins - 1)
    gaps = np.bincount(bins, weights=p - y, minlength=n_bins)
    return float(np.abs(gaps).sum() / p.size)


def _binary(scores: ArrayLike, labels: ArrayLike) -> tuple[Floats, NDArray[np.int64]]:
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=np.int64)
    if x.ndim != 1 or y.shape != x.shape or not np.isfinite(x).all():
        raise ModelError(f"calibration: needs finite scores (n,) and labels (n,), got {x.shape} and {y.shape}")
    if set(np.unique(y)) != {0, 1}:
        raise ModelError(f"calibration: labels must be 0 and 1 with both present, got {sorted(set(y.tolist()))}")
    return x, y


def _newton(x: Floats, targets: Floats) -> tuple[float, float]:
    """Minimise the cross-entropy of sigmoid(a x + b) against soft targets; Newton steps, halved until they help."""
    design = np.column_stack([x, np.ones_like(x)])
    theta = np.array([0.0, np.log(targets.mean() / (1 - targets.mean()))])

    def loss(t: Floats) -> float:
        z = design @ t
        return float(np.sum(np.logaddexp(0.0, z) - targets * z))

    for _ in range(100):
        p = 0.5 * (1.0 + np.tanh(0.5 * (design @ theta)))
        gradient = design.T @ (p - targets)
        # The small ridge keeps the step defined where all p are 0 or 1 (Lin et al. 2007).
        hessian = (design * (p * (1 - p))[:, None]).T @ design + 1e-12 * np.eye(2)
        if np.abs(gradient).max() < 1e-10 * len(x):
            break
        step = np.linalg.solve(hessian, gradient)
        length, before = 1.0, loss(theta)
        while length > 1e-10 and loss(theta - length * step) > before:
            length *= 0.5
        theta = theta - length * step
    return float(theta[0]), float(theta[1])


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise CheckpointInvalid(f"{where} = {value!r}: must be a finite number")
    return float(value)
