"""Prediction sets: the promise is kept on people never seen, by each class, whatever their share."""

from __future__ import annotations

import numpy as np
import pytest

from models.conformal import ConformalSets
from pipelines.errors import CheckpointInvalid, ModelError


def person(seed: int, n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (n, 2) and labels of somebody who is decoded well or badly; one class is rarer."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.25).astype(int)
    labels[:2] = (0, 1)
    score = rng.normal(0.0, 2.0) * 0.4 + (2 * labels - 1) * 1.5 + rng.standard_normal(n)
    p = 1 / (1 + np.exp(-2 * score))
    return np.column_stack([1 - p, p]), labels


def fitted(people: range, error: float = 0.2) -> ConformalSets:
    probabilities, labels = zip(*(person(seed) for seed in people), strict=True)
    return ConformalSets.fit(probabilities, labels, error)


def coverage(sets: ConformalSets, people: range) -> np.ndarray:
    """Mean over people of the share of windows of each class whose set holds it."""
    rows = []
    for seed in people:
        p, y = person(seed)
        inside = sets.members(p)[np.arange(len(y)), y]
        rows.append([inside[y == c].mean() for c in (0, 1)])
    return np.mean(rows, axis=0)


def test_promise_is_kept_by_each_class_on_people_never_seen() -> None:
    found = np.mean([coverage(fitted(range(k, k + 30)), range(5000, 5200)) for k in range(0, 300, 30)], axis=0)
    assert (found >= 0.79).all()
    # Sets that hold everything would cover more, and say nothing.
    assert (found < 0.93).all()


def test_level_is_the_weighted_quantile_with_the_unknown_person_against_us() -> None:
    # Nine people, one window each: at an error of 0.2, of 10 people two may lie below, the unknown one among them.
    p = np.arange(1, 10) / 10
    sets = ConformalSets.fit([np.array([[q, 1 - q]]) for q in p], [np.array([0])] * 9, 0.2)
    assert sets.levels[0] == pytest.approx(0.2)


def test_people_count_not_windows() -> None:
    low, high = np.full((1000, 2), 0.5), np.full((1, 2), 0.5)
    low[:, 0], high[:, 0] = 0.1, 0.9
    many = [low, *[high] * 9]
    labels = [np.zeros(1000, int), *[np.zeros(1, int)] * 9]
    assert ConformalSets.fit(many, labels, 0.25).levels[0] == pytest.approx(0.9)


def test_too_few_people_rule_nothing_out() -> None:
    probabilities, labels = zip(*(person(seed) for seed in range(5)), strict=True)
    sets = ConformalSets.fit(probabilities, labels, 0.1)
    assert sets.levels == (0.0, 0.0)
    assert sets.members(np.array([0.99, 0.01])).all()


def test_most_probable_class_is_always_in_the_set() -> None:
    sets = ConformalSets(0.5, (0.9, 0.9))
    assert sets.members(np.array([[0.6, 0.4], [0.2, 0.8]])).tolist() == [[True, False], [False, True]]


def test_card_gives_back_the_same_sets() -> None:
    sets = fitted(range(20))
    assert ConformalSets.from_dict(sets.to_dict(), 2, "card") == sets


@pytest.mark.parametrize(
    "table",
    [
        {"error": 0.1},
        {"error": 0.1, "levels": [0.5]},
        {"error": 2.0, "levels": [0.5, 0.5]},
        {"error": 0.1, "levels": [0.5, "x"]},
        {"error": 0.1, "levels": [0.5, 0.5], "more": 1},
    ],
)
def test_damaged_card_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(CheckpointInvalid, match=r"^card: needs"):
        ConformalSets.from_dict(table, 2, "card")


@pytest.mark.parametrize("error", [0.0, 1.0, -0.1])
def test_error_rate_must_be_one(error: float) -> None:
    with pytest.raises(ModelError, match="must lie between 0 and 1"):
        fitted(range(3), error)


def test_probabilities_that_are_none_are_refused() -> None:
    with pytest.raises(ModelError, match="needs finite probabilities"):
        ConformalSets.fit([np.array([[np.nan, 1.0]])], [np.array([0])], 0.1)
