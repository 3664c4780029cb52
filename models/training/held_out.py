"""Fit a linear decision, learn its threshold on held-out people, and judge it on people it has never seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from models.calibration import LogisticCalibration
from models.training.workload import Person

INNER_FOLDS = 5
QUANTILES = np.linspace(0.02, 0.98, 193)
PLATEAU = 9
"""Neighbouring candidate thresholds averaged: the best of many is partly luck, the middle of a plateau is not."""


@dataclass(frozen=True, slots=True)
class Head:
    """Weights (n_features,) and bias of a linear decision, and its way to a probability."""

    weights: NDArray[np.float64]
    bias: float
    calibration: LogisticCalibration

    def probability(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return p of the second class for features (n_windows, n_features)."""
        return self.calibration.apply(features @ self.weights + self.bias)


@dataclass(frozen=True, slots=True)
class Scores:
    """Figures of one model, one value a subject."""

    subjects: tuple[int, ...]
    balanced_accuracy: NDArray[np.float64]
    auroc: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What decisions say of people whom they had not met: labels and decision values of each (n_windows,)."""

    labels: tuple[NDArray[np.int64], ...]
    scores: tuple[NDArray[np.float64], ...]


def fit_head(people: Sequence[Person], regularisation: float) -> Head:
    """Fit on all; slope and threshold come from decision values of people left out in turn.

    Parameters
    ----------
    people
        Training people.
    regularisation
        Inverse strength of the ridge penalty on standardised features (scikit-learn's ``C``).
    """
    return fit_held_out(people, people, regularisation)[0]


def fit_held_out(people: Sequence[Person], shown: Sequence[Person], regularisation: float) -> tuple[Head, HeldOut]:
    """Fit as :func:`fit_head`, and keep the decision values of people left out, fold by fold.

    Parameters
    ----------
    people
        Training people.
    shown
        The same people in the same order, as the decision will see them; slope and threshold are made for that.
    regularisation
        See :func:`fit_head`.
    """
    scores: list[NDArray[np.float64]] = []
    labels: list[NDArray[np.int64]] = []
    for fold in range(min(INNER_FOLDS, len(people))):
        weights, bias = _fit([p for i, p in enumerate(people) if i % INNER_FOLDS != fold], regularisation)
        outside = [p for i, p in enumerate(shown) if i % INNER_FOLDS == fold]
        scores += [p.features @ weights + bias for p in outside]
        labels += [p.labels for p in outside]
    calibration = LogisticCalibration.fit(np.concatenate(scores), np.concatenate(labels))
    weights, bias = _fit(people, regularisation)
    head = Head(weights, bias, calibration.with_threshold(mean_person_threshold(scores, labels)))
    return head, HeldOut(tuple(labels), tuple(scores))


def fit_plain_head(people: Sequence[Person], regularisation: float) -> Head:
    """Fit on all; the threshold is that of the regression."""
    weights, bias = _fit(people, regularisation)
    return Head(weights, bias, LogisticCalibration())


def _fit(people: Sequence[Person], regularisation: float) -> tuple[NDArray[np.float64], float]:
    """Return weights and bias on the features as they are; standardisation is folded in."""
    x, y = np.vstack([p.features for p in people]), np.concatenate([p.labels for p in people])
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-12
    fitted = LogisticRegression(C=regularisation, class_weight="balanced", max_iter=1000).fit((x - mean) / deviation, y)
    weights = np.asarray(fitted.coef_[0] / deviation)
    return weights, float(fitted.intercept_[0] - weights @ mean)


def mean_person_threshold(scores: Sequence[NDArray[np.float64]], labels: Sequence[NDArray[np.int64]]) -> float:
    """Return the threshold with the best balanced accuracy, averaged over people and over its neighbourhood.

    Parameters
    ----------
    scores, labels
        One array (n_windows,) for each person; labels are 0 and 1.
    """
    candidates = np.quantile(np.concatenate(scores), QUANTILES)
    accuracy = np.zeros(len(candidates))
    for s, y in zip(scores, labels, strict=True):
        low, high = np.sort(s[y == 0]), np.sort(s[y == 1])
        right = np.searchsorted(low, candidates, side="right") / len(low)
        accuracy += 0.5 * (right + 1.0 - np.searchsorted(high, candidates, side="right") / len(high))
    # At the ends the average would be over fewer candidates; those are left out.
    smooth = np.convolve(accuracy, np.ones(PLATEAU) / PLATEAU, mode="valid")
    return float(candidates[int(smooth.argmax()) + PLATEAU // 2])


def leave_one_out(
    people: Sequence[Person],
    regularisation: float,
    tested: Mapping[str, Sequence[Person]] | None = None,
) -> dict[str, Scores]:
    """Train on all people but one, threshold included, and test on that one; for everybody.

    Parameters
    ----------
    people
        Training people.
    regularisation
        See :func:`fit_head`.
    tested
        The same people in the same order, by name of a condition (another length of rest …); without, ``people``
        themselves, named ``""``.
    """
    conditions = tested or {"": people}
    accuracy = np.zeros((len(conditions), len(people)))
    auroc = np.zeros_like(accuracy)
    for column, left_out in enumerate(people):
        head = fit_head([p for p in people if p is not left_out], regularisation)
        for row, condition in enumerate(conditions.values()):
            p, y = head.probability(condition[column].features), condition[column].labels
            accuracy[row, column] = balanced_accuracy_score(y, p >= 0.5)
            auroc[row, column] = roc_auc_score(y, p)
    subjects = tuple(p.subject for p in people)
    return {name: Scores(subjects, accuracy[row], auroc[row]) for row, name in enumerate(conditions)}
