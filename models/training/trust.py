"""Learn from people left out how far a decoder may be believed, and judge it on people whom neither has met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from models.calibration import brier_score
from models.conformal import ConformalSets
from models.datasets.eegmat import CLASSES
from models.familiarity import Familiarity
from models.reliability import Reliability
from models.selective import RiskCoverage, balanced_weights
from models.statistics import interval
from models.training.held_out import Head, Scores, fit_held_out
from models.training.workload import BANDS_HZ, N_TAPERS, Covariances, Person, Recordings
from models.trust import Trust

ERROR = 0.1
"""Promised share of prediction sets without the true class."""
MAX_RISK = 0.1
"""Share of wrong decisions above which a decoder rather says nothing; a session may choose another."""
FAMILIAR = 0.98
"""Share of windows of people left out that count as familiar."""


@dataclass(frozen=True, slots=True)
class People:
    """Everybody, in one order.

    Parameters
    ----------
    trained
        As the decision learns from them.
    worn
        The same people as the decoder will see them.
    covariances
        All their windows, as the decoder will see them.
    """

    trained: tuple[Person, ...]
    worn: tuple[Person, ...]
    covariances: tuple[Covariances, ...]

    @classmethod
    def of(cls, trained: Sequence[Person], worn: Sequence[Person], recordings: Recordings) -> Self:
        """Put together; ``recordings`` are those of ``worn``."""
        windows = [np.concatenate([recordings[p.subject, label] for label in CLASSES]) for p in worn]
        return cls(tuple(trained), tuple(worn), tuple(windows))

    def without(self, i: int) -> People:
        """Return all but one."""
        trained, worn, covariances = self.trained, self.worn, self.covariances
        return People(trained[:i] + trained[i + 1 :], worn[:i] + worn[i + 1 :], covariances[:i] + covariances[i + 1 :])


@dataclass(frozen=True, slots=True)
class Judged:
    """One person, whom neither decision nor trust has seen.

    Parameters
    ----------
    subject
        Name of the person.
    labels, probabilities
        Classes 0 and 1, and p of the second, of each window (n_windows,).
    sets
        Which classes are in the prediction set, shape (n_windows, 2).
    distances
        Unfamiliarity by aspect, of all the person's windows (n_aspects, n_all_windows).
    """

    subject: str
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    sets: NDArray[np.bool_]
    distances: NDArray[np.float64]


def learn(people: People, regularisation: float) -> tuple[Head, Trust]:
    """Fit the decision on all; the rest from decision values of people left out in turn.

    Every value was given by a decision that had not met the person. The two numbers of the calibration have, so the
    prediction sets are split-conformal but for these; :func:`judge` measures what that costs.
    """
    head, held_out = fit_held_out(people.trained, people.worn, regularisation)
    probabilities = [both(head.calibration.apply(scores)) for scores in held_out.scores]
    return head, trust_from(probabilities, held_out.labels, people.covariances)


def trust_from(
    probabilities: Sequence[NDArray[np.float64]],
    labels: Sequence[NDArray[np.int64]],
    covariances: Sequence[Covariances],
) -> Trust:
    """Learn from what was said of people left out, and from everybody's signals.

    Parameters
    ----------
    probabilities, labels
        For each person left out, shapes (n_windows, n_classes) and (n_windows,).
    covariances
        Band covariances of each person's windows, in :data:`BANDS_HZ`.

    Raises
    ------
    ModelError
        If there are fewer people than two.
    """
    return Trust(
        ConformalSets.fit(probabilities, labels, ERROR),
        RiskCoverage.of(probabilities, labels),
        Familiarity.fit(covariances, FAMILIAR),
        BANDS_HZ,
        N_TAPERS,
    )


def judge(people: People, regularisation: float) -> list[Judged]:
    """Leave out one after the other, from decision and trust alike."""
    found = []
    for i, person in enumerate(people.worn):
        head, trust = learn(people.without(i), regularisation)
        p = head.probability(person.features)
        distances = trust.familiarity(people.covariances[i])
        found.append(Judged(f"{person.subject:02d}", person.labels, p, trust.sets.members(both(p)), distances))
    return found


def both(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities of both classes (n, 2) from that of the second (n,)."""
    return np.column_stack([1.0 - p, p])


def scores_of(judged: Sequence[Judged]) -> Scores:
    """Return accuracy by person."""
    accuracy = [balanced_accuracy_score(j.labels, j.probabilities >= 0.5) for j in judged]
    auroc = [roc_auc_score(j.labels, j.probabilities) for j in judged]
    return Scores(tuple(int(j.subject) for j in judged), np.array(accuracy), np.array(auroc))


def trust_figures(judged: Sequence[Judged], max_risk: float, classes: Sequence[str] = CLASSES) -> dict[str, Any]:
    """Return the figures of a card: calibration, risk and coverage, sets, false alarms; with every person's.

    Windows are weighted so that people count alike and so do a person's classes, unless a name says otherwise.
    """
    p, y = [j.probabilities for j in judged], [j.labels for j in judged]
    curve = RiskCoverage.of([both(q) for q in p], y)
    covered = [_balanced(j, j.sets[np.arange(len(j.labels)), j.labels]) for j in judged]
    size = [_balanced(j, j.sets.sum(axis=1)) for j in judged]
    alarms = [float((j.distances > 1).any(axis=0).mean()) for j in judged]
    return {
        "calibration_error": _round(Reliability.of(p, y).error),
        "calibration_error_windows_as_recorded": _round(Reliability.of(p, y, equal_odds=False).error),
        "brier": _round(float(np.mean([brier_score(q, t) for q, t in zip(p, y, strict=True)]))),
        "risk_coverage": curve.to_dict(),
        "sets": {
            "promised": 1 - ERROR,
            "covered": _mean(covered),
            "of_class": {
                name: _round(float(np.mean([j.sets[j.labels == c, c].mean() for j in judged])))
                for c, name in enumerate(classes)
            },
            "mean_size": _mean(size),
            "people_below_promise": int(np.count_nonzero(np.array(covered) < 1 - ERROR)),
            "covered_by_subject": _by_subject(judged, covered),
        },
        "false_alarms": {
            "intended": _round(1 - FAMILIAR),
            "windows": _mean(alarms),
            "by_subject": _by_subject(judged, alarms),
        },
        "decided_at_max_risk": _decided(judged, max_risk),
    }


def _decided(judged: Sequence[Judged], max_risk: float) -> dict[str, Any]:
    """Return what is decided and how much of it is wrong, the limit of confidence coming from the other people."""
    rows = []
    for i, j in enumerate(judged):
        others = [o for k, o in enumerate(judged) if k != i]
        curve = RiskCoverage.of([both(o.probabilities) for o in others], [o.labels for o in others])
        p, w = both(j.probabilities), balanced_weights(j.labels)
        sure = p.max(axis=1) >= (curve.confidence_for(max_risk) if curve.reaches(max_risk) else np.inf)
        rows.append((w[sure].sum(), w[sure & (p.argmax(axis=1) != j.labels)].sum()))
    coverage, wrong = np.array(rows).T
    return {
        "max_risk": max_risk,
        "coverage": _round(float(coverage.mean())),
        "risk": _round(float(wrong.sum() / coverage.sum())) if coverage.any() else None,
        "coverage_by_subject": _by_subject(judged, coverage.tolist()),
    }


def _balanced(j: Judged, values: NDArray[Any]) -> float:
    return float(balanced_weights(j.labels) @ values)


def _mean(values: Sequence[float]) -> dict[str, Any]:
    low, high = interval(np.array(values))
    return {"mean": _round(float(np.mean(values))), "interval_95": [_round(low), _round(high)]}


def _by_subject(judged: Sequence[Judged], values: Sequence[float]) -> dict[str, float]:
    return {j.subject: _round(value) for j, value in zip(judged, values, strict=True)}


def _round(value: float) -> float:
    return round(value, 4)
