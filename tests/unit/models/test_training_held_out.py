"""Fitting, the learned threshold, and leaving one person out."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.preprocessing import StandardScaler

from models.training.held_out import (
    INNER_FOLDS,
    PLATEAU,
    fit_head,
    fit_held_out,
    fit_plain_head,
    leave_one_out,
    mean_person_threshold,
)
from models.training.workload import Person


def people(
    count: int = 8, effect: float = 2.0, offset: float = 0.0, n_rest: int = 30, n_task: int = 10
) -> list[Person]:
    """People whose third feature grows in the task; in both conditions it lies ``offset`` higher than at rest."""
    made = []
    for subject in range(count):
        rng = np.random.default_rng(subject)
        labels = np.repeat([0, 1], [n_rest, n_task])
        features = rng.standard_normal((n_rest + n_task, 5))
        features[:, 2] += offset + effect * labels
        made.append(Person(subject, features, labels))
    return made


def test_head_is_scikit_learns_on_standardised_features() -> None:
    crowd = people()
    x, y = np.vstack([p.features for p in crowd]), np.concatenate([p.labels for p in crowd])
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000).fit(scaler.transform(x), y)
    head = fit_head(crowd, 0.1)
    np.testing.assert_allclose(x @ head.weights + head.bias, model.decision_function(scaler.transform(x)), atol=1e-6)


def test_effect_is_found_and_probabilities_follow_it() -> None:
    head = fit_head(people(effect=4.0), 0.1)
    stranger = people(12, effect=4.0)[-1]
    p = head.probability(stranger.features)
    assert balanced_accuracy_score(stranger.labels, p >= 0.5) > 0.9
    assert p[stranger.labels == 1].mean() > 0.8 > 0.2 > p[stranger.labels == 0].mean()


def test_threshold_is_that_of_the_best_balanced_accuracy() -> None:
    rng = np.random.default_rng(0)
    labels = [np.repeat([0, 1], [200, 50]) for _ in range(6)]
    scores = [3.0 + 2.0 * y + rng.standard_normal(len(y)) for y in labels]
    found = mean_person_threshold(scores, labels)
    # Two unit normals at 3 and 5 are best parted in the middle.
    assert found == pytest.approx(4.0, abs=0.3)
    reached = np.mean([balanced_accuracy_score(y, s > found) for s, y in zip(scores, labels, strict=True)])
    best = max(
        np.mean([balanced_accuracy_score(y, s > c) for s, y in zip(scores, labels, strict=True)])
        for c in np.linspace(0, 8, 161)
    )
    assert reached > best - 0.01


def test_threshold_counts_people_not_windows() -> None:
    many = (np.linspace(0, 10, 1001), (np.linspace(0, 10, 1001) > 7).astype(int))
    few = (np.linspace(0, 10, 101), (np.linspace(0, 10, 101) > 2).astype(int))
    scores, labels = zip(many, few, few, few, strict=True)
    assert mean_person_threshold(scores, labels) == pytest.approx(2.0, abs=10 * PLATEAU / 193)


def test_person_left_out_teaches_nothing() -> None:
    honest = people(effect=3.0)
    liar = Person(3, honest[3].features, 1 - honest[3].labels)
    told = leave_one_out(honest, 0.1)[""]
    lied_to = leave_one_out([p if p.subject != 3 else liar for p in honest], 0.1)[""]
    assert lied_to.balanced_accuracy[3] == pytest.approx(1 - told.balanced_accuracy[3])
    assert lied_to.auroc[3] == pytest.approx(1 - told.auroc[3])
    assert told.balanced_accuracy.mean() > 0.85


def test_without_an_effect_strangers_are_decoded_at_chance() -> None:
    head = fit_head(people(12, effect=0.0), 0.1)
    strangers = people(40, effect=0.0)[12:]
    right = [balanced_accuracy_score(p.labels, head.probability(p.features) >= 0.5) for p in strangers]
    assert np.mean(right) == pytest.approx(0.5, abs=0.05)


def test_conditions_are_tested_by_the_same_heads() -> None:
    crowd = people(effect=3.0)
    shifted = [Person(p.subject, p.features + 5.0, p.labels) for p in crowd]
    found = leave_one_out(crowd, 0.1, {"same": crowd, "shifted": shifted})
    np.testing.assert_array_equal(found["same"].balanced_accuracy, leave_one_out(crowd, 0.1)[""].balanced_accuracy)
    # A shift keeps the ranking within a person and spoils the threshold.
    np.testing.assert_allclose(found["shifted"].auroc, found["same"].auroc)
    assert found["shifted"].balanced_accuracy.mean() < found["same"].balanced_accuracy.mean() - 0.2


def test_values_of_people_left_out_are_those_of_decisions_without_them() -> None:
    crowd = people(6)
    head, held_out = fit_held_out(crowd, crowd, 0.1)
    first = fit_plain_head([p for i, p in enumerate(crowd) if i % INNER_FOLDS != 0], 0.1)
    # The first fold leaves out numbers 0 and 5.
    for scores, labels, i in zip(held_out.scores, held_out.labels, (0, 5), strict=False):
        np.testing.assert_allclose(scores, crowd[i].features @ first.weights + first.bias)
        np.testing.assert_array_equal(labels, crowd[i].labels)
    np.testing.assert_array_equal(head.weights, fit_head(crowd, 0.1).weights)


def test_slope_and_threshold_are_made_for_people_as_they_are_shown() -> None:
    crowd = people(effect=3.0)
    shifted = [Person(p.subject, p.features + 5.0, p.labels) for p in crowd]
    head, _ = fit_held_out(crowd, shifted, 0.1)
    stranger = people(12, effect=3.0)[-1]
    said = head.probability(stranger.features + 5.0) >= 0.5
    assert balanced_accuracy_score(stranger.labels, said) > 0.85
