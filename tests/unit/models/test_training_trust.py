"""Trust is learned from people left out, and judged on people whom it has not met."""

from __future__ import annotations

import numpy as np
import pytest

from models.training.trust import People, judge, learn, trust_figures
from tests.contract.decoder_examples import covariances, person

SEEDS = range(10, 130, 10)


@pytest.fixture(scope="module")
def crowd() -> People:
    people = tuple(person(seed, tangent=False) for seed in SEEDS)
    return People(people, people, tuple(covariances(seed) for seed in SEEDS))


def test_person_left_out_changes_neither_decision_nor_trust_said_of_them(crowd: People) -> None:
    judged = judge(crowd, 1e-2)
    head, trust = learn(crowd.without(3), 1e-2)
    p = head.probability(crowd.worn[3].features)
    np.testing.assert_array_equal(judged[3].probabilities, p)
    np.testing.assert_array_equal(judged[3].sets, trust.sets.members(np.column_stack([1 - p, p])))
    np.testing.assert_array_equal(judged[3].distances, trust.familiarity(crowd.covariances[3]))
    assert [j.subject for j in judged] == [str(seed) for seed in SEEDS]


def test_figures_are_those_of_the_people_judged(crowd: People) -> None:
    judged = judge(crowd, 1e-2)
    figures = trust_figures(judged, 0.1)
    covered = figures["sets"]["covered_by_subject"]
    assert np.mean(list(covered.values())) == pytest.approx(figures["sets"]["covered"]["mean"], abs=1e-3)
    assert figures["sets"]["covered"]["mean"] > 0.8
    assert 1 <= figures["sets"]["mean_size"]["mean"] <= 2
    assert figures["false_alarms"]["windows"]["mean"] < 0.2
    assert figures["decided_at_max_risk"]["coverage"] <= 1
    assert figures["calibration_error"] < 0.2


def test_a_risk_that_nobody_reaches_decides_nothing(crowd: People) -> None:
    judged = judge(crowd, 1e-2)
    swapped = [type(j)(j.subject, 1 - j.labels, j.probabilities, j.sets, j.distances) for j in judged]
    found = trust_figures(swapped, 1e-6)["decided_at_max_risk"]
    assert (found["coverage"], found["risk"]) == (0.0, None)
