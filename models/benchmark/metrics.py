"""Figures of merit, from what was true and what was said.

Shapes: truth (n_windows,) of class or item numbers, or of values; said (n_windows, n_classes) probabilities,
(n_windows, n_items) similarities, or (n_windows,) values. A figure that is not defined for what is given (an area
under a curve where only one class occurs) is NaN, never a made-up number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import auc, cohen_kappa_score, f1_score, precision_recall_curve, roc_auc_score

from models.dataset import Task

Truth = NDArray[Any]
Said = NDArray[np.float64]
BINS = 10


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of merit.

    Parameters
    ----------
    title
        For a person.
    task
        What it judges.
    score
        (truth, said) → figure.
    chance
        Number of classes (or items) → figure of a model that knows nothing; NaN where it depends on the data.
    higher_is_better
        False for errors.
    """

    title: str
    task: Task
    score: Callable[[Truth, Said], float]
    chance: Callable[[int], float]
    higher_is_better: bool = True


def balanced_accuracy(truth: Truth, said: Said) -> float:
    """Mean over the classes that occur of the share of their windows that are recognised."""
    chosen = said.argmax(axis=1)
    return float(np.mean([np.mean(chosen[truth == c] == c) for c in np.unique(truth)]))


def accuracy(truth: Truth, said: Said) -> float:
    """Share of right decisions."""
    return float(np.mean(said.argmax(axis=1) == truth))


def auroc(truth: Truth, said: Said) -> float:
    """Area under the ROC curve; with more than two classes the mean over one against the rest."""
    return _over_classes(truth, said, lambda is_class, score: float(roc_auc_score(is_class, score)))


def auc_pr(truth: Truth, said: Said) -> float:
    """Area (trapezoids) under precision over recall; with more than two classes the mean over one against the rest."""
    return _over_classes(truth, said, _trapezoid_auc_pr)


def kappa(truth: Truth, said: Said) -> float:
    """Cohen's kappa; NaN where truth and decisions are one and the same single class."""
    chosen = said.argmax(axis=1)
    if np.unique(np.concatenate([truth, chosen])).size < 2:
        return float("nan")
    return float(cohen_kappa_score(truth, chosen))


def f1_weighted(truth: Truth, said: Said) -> float:
    """F1 of each class, weighted by how often it occurs."""
    return float(f1_score(truth, said.argmax(axis=1), average="weighted", zero_division=0.0))


def calibration_error(truth: Truth, said: Said) -> float:
    """Expected calibration error: distance of confidence from accuracy, over ten bins (Naeini et al. 2015, AAAI)."""
    confidence, right = said.max(axis=1), said.argmax(axis=1) == truth
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    error = 0.0
    for b in np.unique(bins):
        inside = bins == b
        error += float(np.mean(inside)) * abs(float(np.mean(confidence[inside]) - np.mean(right[inside])))
    return error


def bits_per_decision(truth: Truth, said: Said) -> float:
    """Information in one decision (bit; Wolpaw et al. 1998) at the balanced accuracy; 0 at or below chance.

    The formula is for classes that occur equally often: with the plain accuracy, a decoder that always names the
    commoner class would seem to say something.
    """
    n, p = said.shape[1], balanced_accuracy(truth, said)
    if p <= 1 / n:
        return 0.0
    wrong = (1 - p) * np.log2((1 - p) / (n - 1)) if p < 1 else 0.0
    return float(np.log2(n) + p * np.log2(p) + wrong)


def bits_per_minute(bits: float, decision_s: float) -> float:
    """Information transfer rate (bit/min) where a decision takes ``decision_s``, from the cue on where there is one."""
    return bits * 60.0 / decision_s


def pearson(truth: Truth, said: Said) -> float:
    """Correlation; NaN where either is constant."""
    if np.ptp(truth) == 0 or np.ptp(said) == 0:
        return float("nan")
    return float(np.corrcoef(truth, said)[0, 1])


def r2(truth: Truth, said: Said) -> float:
    """Coefficient of determination; below 0 is worse than the mean. NaN where truth is constant."""
    spread = float(np.sum((truth - truth.mean()) ** 2))
    return 1.0 - float(np.sum((truth - said) ** 2)) / spread if spread else float("nan")


def rmse(truth: Truth, said: Said) -> float:
    """Root of the mean squared error, in the unit of the labels."""
    return float(np.sqrt(np.mean((truth - said) ** 2)))


def two_way(truth: Truth, said: Said) -> float:
    """Share of other items that the right one beats, averaged over windows; ties count half."""
    own = said[np.arange(len(truth)), truth][:, None]
    beaten = np.sum(said < own, axis=1) + 0.5 * (np.sum(said == own, axis=1) - 1)
    return float(np.mean(beaten / (said.shape[1] - 1)))


def top(k: int) -> Callable[[Truth, Said], float]:
    """Return the figure that counts windows whose right item is among the ``k`` best; ties count against it."""

    def score(truth: Truth, said: Said) -> float:
        own = said[np.arange(len(truth)), truth][:, None]
        return float(np.mean(np.sum(said >= own, axis=1) <= k))

    return score


def _over_classes(truth: Truth, said: Said, score: Callable[[Truth, Said], float]) -> float:
    classes = np.unique(truth)
    if classes.size < 2:
        return float("nan")
    if said.shape[1] == 2:
        return score(truth == 1, said[:, 1])
    return float(np.mean([score(truth == c, said[:, int(c)]) for c in classes]))


def _trapezoid_auc_pr(is_class: Truth, score: Said) -> float:
    precision, recall, _ = precision_recall_curve(is_class, score)
    return float(auc(recall, precision))


def _nowhere(_: int) -> float:
    return float("nan")


METRICS = {
    "balanced_accuracy": Metric("balanced accuracy", "classification", balanced_accuracy, lambda n: 1 / n),
    "accuracy": Metric("accuracy", "classification", accuracy, _nowhere),
    "auroc": Metric("AUROC", "classification", auroc, lambda n: 0.5),
    "auc_pr": Metric("AUC-PR", "classification", auc_pr, _nowhere),
    "kappa": Metric("Cohen's kappa", "classification", kappa, lambda n: 0.0),
    "f1_weighted": Metric("weighted F1", "classification", f1_weighted, _nowhere),
    "calibration_error": Metric("calibration error", "classification", calibration_error, _nowhere, False),
    "bits_per_decision": Metric("bit per decision", "classification", bits_per_decision, lambda n: 0.0),
    "pearson": Metric("Pearson", "regression", pearson, lambda n: 0.0),
    "r2": Metric("R²", "regression", r2, lambda n: 0.0),
    "rmse": Metric("RMSE", "regression", rmse, _nowhere, False),
    "two_way": Metric("two-way", "retrieval", two_way, lambda n: 0.5),
    "top1": Metric("top 1", "retrieval", top(1), lambda n: 1 / n),
    "top5": Metric("top 5", "retrieval", top(5), lambda n: min(1.0, 5 / n)),
}
PRIMARY: dict[Task, str] = {"classification": "balanced_accuracy", "regression": "pearson", "retrieval": "two_way"}


def names_of(task: Task) -> tuple[str, ...]:
    """Return the names of a task's figures."""
    return tuple(name for name, metric in METRICS.items() if metric.task == task)


def scores(names: Iterable[str], truth: Truth, said: Said) -> dict[str, float]:
    """Return figures by name."""
    return {name: METRICS[name].score(truth, said) for name in names}
