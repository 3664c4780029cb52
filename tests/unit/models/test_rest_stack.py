"""Stacked ridge decisions, and the memory of windows."""

from __future__ import annotations

import numpy as np
import pytest

from models.rest_stack import RidgeScore, fit_stack
from models.window_memory import WindowMemory

SLICES = {"good": slice(0, 3), "noise": slice(3, 20)}


def people(n: int = 6, each: int = 40, seed: int = 0):
    """Features of people: three tell the classes apart, seventeen are noise; one window in four is of class 1."""
    rng = np.random.default_rng(seed)
    codes = np.tile((np.arange(each) % 4 == 0).astype(np.int64), n)
    features = rng.standard_normal((n * each, 20))
    features[:, :3] += 1.5 * codes[:, None]
    return features, codes, np.repeat(np.arange(n), each)


@pytest.mark.parametrize("n_windows", [240, 15])
def test_ridge_is_the_textbook_one(n_windows: int) -> None:
    """Weighted least squares with a penalty, solved in the primal; with few windows the dual form is used."""
    features, codes, _ = people()
    features, codes = features[:n_windows], codes[:n_windows]
    found = RidgeScore.fit(features, codes, (5.0,))[0]
    x = (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-9)
    design = np.column_stack([x / np.sqrt(20), np.ones(len(x))])
    w = len(codes) / (2.0 * np.bincount(codes)[codes])
    beta = np.linalg.solve(design.T @ (w[:, None] * design) + 5.0 * np.eye(21), design.T @ (w * (2 * codes - 1)))
    np.testing.assert_allclose(found(features), design @ beta, atol=1e-8)


def test_stack_leans_on_what_helps_and_its_threshold_balances() -> None:
    features, codes, who = people()
    stack = fit_stack(features, codes, who, SLICES)
    spread = [stack.members[name](features[:, at]).std() for name, at in SLICES.items()]
    assert stack.mix.weights[0] * spread[0] > 5 * stack.mix.weights[1] * spread[1]
    new, truth, _ = people(seed=1)
    right = (stack.probability(new) >= 0.5) == truth
    assert min(right[truth == 0].mean(), right[truth == 1].mean()) > 0.8


def test_labels_of_nothing_give_chance_and_no_failure() -> None:
    features, codes, who = people()
    blind = np.random.default_rng(3).permutation(codes)
    stack = fit_stack(features, blind, who, SLICES)
    new, truth, _ = people(seed=1)
    right = (stack.probability(new) >= 0.5) == truth
    assert 0.3 < 0.5 * (right[truth == 0].mean() + right[truth == 1].mean()) < 0.75


def test_of_one_person_members_count_alike() -> None:
    features, codes, _ = people()
    stack = fit_stack(features, codes, np.zeros(len(codes), np.int64), SLICES)
    assert stack.mix.weights.tolist() == [0.5, 0.5]
    order = np.random.default_rng(0).permutation(len(codes))
    other = fit_stack(features[order], codes[order], np.zeros(len(codes), np.int64), SLICES)
    np.testing.assert_allclose(other.probability(features), stack.probability(features), atol=1e-8)


def test_memory_measures_a_window_once_and_forgets_the_oldest() -> None:
    measured: list[int] = []

    def mean(windows):
        measured.append(len(windows))
        return windows.mean(axis=(1, 2))[:, None]

    memory = WindowMemory(mean, kept=4)
    x = np.random.default_rng(0).standard_normal((6, 2, 10))
    for rows in ([0, 1, 2], [2, 1, 0], [1, 3]):
        np.testing.assert_array_equal(memory(x[rows])[:, 0], x[rows].mean(axis=(1, 2)))
    assert measured == [3, 1]
    memory(x[4:])
    memory(x[[0]])
    assert measured == [3, 1, 2, 1]
