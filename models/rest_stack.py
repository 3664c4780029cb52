"""Ridge decisions on several kinds of features, stacked; everything is chosen on people left out in turn.

Stacking: Wolpert 1992, Neural Networks 5:241.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from models.calibration import LogisticCalibration
from models.training.held_out import INNER_FOLDS, mean_person_threshold
from models.window_estimator import Codes, Floats
from pipelines.errors import ModelError

PENALTIES = (1.0, 5.0, 25.0)
"""Tried for each kind of features; in units of the mean squared length of a window's standardised features."""
STACK_C = 1.0
PLAIN_SLOPE = 2.0
"""Log-odds for a unit of a score whose targets are -1 and 1, where nobody could be left out to learn it."""
Slices = Mapping[str, slice]
People = NDArray[np.int64]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RidgeScore:
    """A linear score of features (n_windows, n_features): targets -1 and 1, classes counting alike."""

    weights: Floats
    bias: float

    @classmethod
    def fit(cls, features: Floats, codes: Codes, penalties: Sequence[float]) -> list[RidgeScore]:
        """Fit one for each penalty; in the dual form where features outnumber windows."""
        mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
        # The constant is a feature like the others, so that both forms are one and the same minimum.
        x = np.column_stack([(features - mean) / spread / np.sqrt(features.shape[1]), np.ones(len(features))])
        importance = np.sqrt(len(codes) / (2.0 * np.bincount(codes, minlength=2)[codes]))
        rows, targets = importance[:, None] * x, importance * (2.0 * codes - 1.0)
        dual = rows.shape[1] > rows.shape[0]
        gram = rows @ rows.T if dual else rows.T @ rows
        right = targets if dual else rows.T @ targets
        found = []
        for penalty in penalties:
            answer = cho_solve(cho_factor(gram + penalty * np.eye(len(gram)), overwrite_a=True), right)
            beta = rows.T @ answer if dual else answer
            weights = beta[:-1] / spread / np.sqrt(features.shape[1])
            found.append(cls(weights, float(beta[-1] - weights @ mean)))
        return found

    def __call__(self, features: Floats) -> Floats:
        """Return scores (n_windows,)."""
        return np.asarray(features @ self.weights + self.bias)


@dataclass(frozen=True, slots=True)
class Member:
    """The score of one kind of features, its penalty, and what it says of people left out, (n_windows,)."""

    score: RidgeScore
    penalty: float
    outside: Floats


@dataclass(frozen=True, slots=True)
class Mix:
    """What each member counts, and the way from their sum to a probability."""

    weights: Floats
    calibration: LogisticCalibration

    def probability(self, scores: Floats) -> Floats:
        """Return p of the second class for scores (n_windows, n_members)."""
        return self.calibration.apply(scores @ self.weights)


@dataclass(frozen=True, slots=True)
class Stack:
    """Members by name, their columns, and how they are mixed."""

    members: Mapping[str, RidgeScore]
    slices: Slices
    mix: Mix

    def probability(self, features: Floats) -> Floats:
        """Return p of the second class for features (n_windows, n_features)."""
        return self.mix.probability(
            np.column_stack([self.members[name](features[:, at]) for name, at in self.slices.items()])
        )


def fit_stack(features: Floats, codes: Codes, people: People, slices: Slices) -> Stack:
    """Fit members and mix.

    With two people or more that have both classes, penalties, weights and threshold come from people left out in
    turn; else, or where those are not told apart, penalties are the middle ones, members count alike, and the
    threshold is that of the regressions.

    Parameters
    ----------
    features, codes, people
        (n_windows, n_features), and 0 or 1 and the person's number of each window.
    slices
        Columns of each member.
    """
    judges = [person for person in np.unique(people) if len(np.unique(codes[people == person])) == 2]
    if len(judges) >= 2:
        keep = np.isin(people, judges)
        known, who = codes[keep], people[keep]
        members = {name: fit_member(features[keep, at], known, who) for name, at in slices.items()}
        try:
            mix = fit_mix(list(members.values()), known, who)
            return Stack({name: member.score for name, member in members.items()}, slices, mix)
        except ModelError as exc:
            _log.warning("stack: members count alike, with the threshold of the regressions: %s", exc)
    middle = PENALTIES[len(PENALTIES) // 2]
    scores = {name: RidgeScore.fit(features[:, at], codes, (middle,))[0] for name, at in slices.items()}
    equal = np.full(len(slices), 1.0 / len(slices))
    return Stack(scores, slices, Mix(equal, LogisticCalibration(PLAIN_SLOPE, 0.0)))


def fit_member(features: Floats, codes: Codes, people: People) -> Member:
    """Choose the penalty with the largest area under the ROC curve of people left out in turn; fit on everybody."""
    scores = np.empty((len(codes), len(PENALTIES)))
    _, number = np.unique(people, return_inverse=True)
    folds = number % INNER_FOLDS
    for fold in np.unique(folds):
        out = folds == fold
        for column, score in enumerate(RidgeScore.fit(features[~out], codes[~out], PENALTIES)):
            scores[out, column] = score(features[out])
    each = [people == person for person in np.unique(people)]
    areas = [np.mean([roc_auc_score(codes[mine], column[mine]) for mine in each]) for column in scores.T]
    best = int(np.argmax(areas))
    return Member(RidgeScore.fit(features, codes, (PENALTIES[best],))[0], PENALTIES[best], scores[:, best])


def fit_mix(members: Sequence[Member], codes: Codes, people: People) -> Mix:
    """Weigh members by a logistic regression on what they say of people left out; none counts against itself.

    Raises
    ------
    ModelError
        If people left out are not told apart.
    """
    scores = np.column_stack([member.outside for member in members])
    spread = scores.std(axis=0) + 1e-12
    fitted = LogisticRegression(C=STACK_C, class_weight="balanced", max_iter=1000).fit(scores / spread, codes)
    weights = np.maximum(fitted.coef_[0], 0.0)
    weights = np.asarray((weights if weights.any() else np.ones(len(weights))) / spread)
    mixed = scores @ weights
    each = [people == person for person in np.unique(people)]
    threshold = mean_person_threshold([mixed[mine] for mine in each], [codes[mine] for mine in each])
    return Mix(weights, LogisticCalibration.fit(mixed, codes).with_threshold(threshold))
