"""Figures of merit against scikit-learn, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from models.benchmark.metrics import METRICS, PRIMARY, bits_per_minute, names_of, scores


def simulated(n_classes: int, n: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.choice(n_classes, n, p=np.arange(1, n_classes + 1) / np.arange(1, n_classes + 1).sum())
    said = rng.gamma(1.0, size=(n, n_classes)) + 1.5 * np.eye(n_classes)[truth]
    return truth, said / said.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_classification_agrees_with_scikit_learn(n_classes: int) -> None:
    truth, said = simulated(n_classes)
    chosen = said.argmax(axis=1)
    found = scores(names_of("classification"), truth, said)
    area = sk.roc_auc_score(truth, said[:, 1]) if n_classes == 2 else sk.roc_auc_score(truth, said, multi_class="ovr")
    assert found["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(truth, chosen))
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(truth, chosen))
    assert found["auroc"] == pytest.approx(area)
    assert found["kappa"] == pytest.approx(sk.cohen_kappa_score(truth, chosen))
    assert found["f1_weighted"] == pytest.approx(sk.f1_score(truth, chosen, average="weighted"))


def test_precision_recall_is_the_trapezoid_area_and_higher_than_the_share_of_the_class() -> None:
    truth, said = simulated(2)
    precision, recall, _ = sk.precision_recall_curve(truth, said[:, 1])
    found = METRICS["auc_pr"].score(truth, said)
    assert found == pytest.approx(np.trapezoid(precision[::-1], recall[::-1]))
    assert found > np.mean(truth == 1)


def test_what_one_class_cannot_tell_is_nan_and_nothing_warns() -> None:
    truth, said = np.zeros(20, dtype=int), np.tile([0.9, 0.1], (20, 1))
    found = scores(names_of("classification"), truth, said)
    assert np.isnan([found["auroc"], found["auc_pr"], found["kappa"]]).all()
    assert found["balanced_accuracy"] == 1.0


def test_calibration_error_of_the_calibrated_is_small_and_of_the_overconfident_is_their_excess() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.5, 1.0, 50000)
    right = rng.random(p.size) < p
    truth = np.where(right, 0, 1)
    error = METRICS["calibration_error"].score
    assert error(truth, np.column_stack([p, 1 - p])) < 0.01
    sure = np.tile([0.99, 0.01], (p.size, 1))
    assert error(truth, sure) == pytest.approx(0.99 - np.mean(right), abs=1e-9)


def test_information_by_hand() -> None:
    bits = METRICS["bits_per_decision"].score
    four = np.eye(4)
    assert bits(np.arange(4), four) == pytest.approx(2.0)
    assert bits(np.zeros(4, dtype=int), four) == 0.0
    half = np.eye(2)[[0, 0, 0, 0, 1, 1, 1, 1, 1, 0]]
    truth = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    assert bits(truth, half) == pytest.approx(1 + 0.8 * np.log2(0.8) + 0.2 * np.log2(0.2))
    assert bits_per_minute(2.0, 4.0) == 30.0


def test_naming_the_commoner_class_says_nothing() -> None:
    truth = np.array([0, 1, 1, 1, 1, 1, 1, 1])
    assert METRICS["accuracy"].score(truth, np.tile([0.1, 0.9], (8, 1))) == 0.875
    assert METRICS["bits_per_decision"].score(truth, np.tile([0.1, 0.9], (8, 1))) == 0.0


def test_regression_by_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=100)
    said = truth + rng.normal(0, 0.5, 100)
    found = scores(names_of("regression"), truth, said)
    assert found["r2"] == pytest.approx(sk.r2_score(truth, said))
    assert found["rmse"] == pytest.approx(sk.root_mean_squared_error(truth, said))
    assert found["pearson"] == pytest.approx(np.corrcoef(truth, said)[0, 1])
    assert scores(names_of("regression"), truth, np.full(100, truth.mean()))["r2"] == pytest.approx(0.0)
    assert np.isnan(METRICS["pearson"].score(truth, np.zeros(100)))


def test_retrieval_of_the_perfect_the_worst_and_the_ignorant() -> None:
    truth = np.arange(8)
    for said, two_way, top1 in ((np.eye(8), 1.0, 1.0), (-np.eye(8), 0.0, 0.0), (np.zeros((8, 8)), 0.5, 0.0)):
        found = scores(names_of("retrieval"), truth, said)
        assert found["two_way"] == pytest.approx(two_way)
        assert found["top1"] == pytest.approx(top1)
    rng = np.random.default_rng(0)
    truth, said = rng.integers(0, 40, 4000), rng.normal(size=(4000, 40))
    found = scores(names_of("retrieval"), truth, said)
    assert found["two_way"] == pytest.approx(METRICS["two_way"].chance(40), abs=0.02)
    assert found["top5"] == pytest.approx(METRICS["top5"].chance(40), abs=0.02)


def test_every_task_has_a_primary_figure_of_its_own() -> None:
    assert {METRICS[name].task for name in PRIMARY.values()} == set(PRIMARY)
