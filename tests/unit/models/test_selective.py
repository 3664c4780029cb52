"""Risk against coverage, and the reliability of probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from models.reliability import Reliability
from models.selective import RiskCoverage, balanced_weights
from pipelines.errors import CheckpointInvalid, ModelError


def both(p: list[float]) -> np.ndarray:
    return np.column_stack([1 - np.array(p), p])


def test_curve_of_a_case_counted_by_hand() -> None:
    # From the surest on: right, right, wrong, right.
    curve = RiskCoverage.of([both([0.05, 0.9, 0.8, 0.3])], [np.array([0, 1, 0, 0])])
    # Three windows of class 0 count a sixth each, the one of class 1 counts a half.
    np.testing.assert_allclose(curve.confidence, [0.95, 0.9, 0.8, 0.7])
    np.testing.assert_allclose(curve.coverage, [1 / 6, 4 / 6, 5 / 6, 1])
    np.testing.assert_allclose(curve.risk, [0, 0, 1 / 5, 1 / 6])
    assert curve.aurc == pytest.approx(1 / 6 * 1 / 5 + 1 / 6 * 1 / 6)


@pytest.mark.parametrize(("risk", "confidence"), [(0.5, 0.0), (1 / 6, 0.0), (0.1, 0.9)])
def test_limit_is_that_of_the_largest_coverage(risk: float, confidence: float) -> None:
    curve = RiskCoverage.of([both([0.05, 0.9, 0.8, 0.3])], [np.array([0, 1, 0, 0])])
    assert curve.confidence_for(risk + 1e-9) == pytest.approx(confidence)


def test_risk_that_is_never_reached_is_refused_with_the_lowest() -> None:
    curve = RiskCoverage.of([both([0.9, 0.4])], [np.array([0, 0])])
    with pytest.raises(ModelError, match=r"0\.3 wrong is never reached: the lowest share, .* is 0\.5"):
        curve.confidence_for(0.3)


def test_probabilities_that_know_nothing_have_a_flat_curve_and_good_ones_a_low_area() -> None:
    rng = np.random.default_rng(0)
    labels = [rng.integers(0, 2, 200) for _ in range(10)]
    blind = RiskCoverage.of([both(rng.random(200)) for _ in labels], labels)
    seeing = RiskCoverage.of([both(np.clip(y + rng.normal(0, 0.3, 200), 0.01, 0.99)) for y in labels], labels)
    assert blind.aurc == pytest.approx(0.5, abs=0.05)
    assert seeing.aurc < 0.1
    assert blind.coverage[-1] == pytest.approx(1.0)


def test_equal_confidences_are_decided_together() -> None:
    curve = RiskCoverage.of([both([0.8] * 10)], [np.array([1] * 5 + [0] * 5)])
    assert curve.coverage.tolist() == [pytest.approx(1.0)]
    assert curve.risk.tolist() == [pytest.approx(0.5)]


def test_card_gives_back_the_curve() -> None:
    rng = np.random.default_rng(1)
    curve = RiskCoverage.of([both(rng.random(50)) for _ in range(4)], [rng.integers(0, 2, 50) for _ in range(4)])
    again = RiskCoverage.from_dict(curve.to_dict(), "card")
    np.testing.assert_allclose(again.risk, curve.risk, atol=1e-5)
    assert again.confidence_for(0.9) == 0.0


@pytest.mark.parametrize(
    "change",
    [{"aurc": None}, {"risk": [0.1]}, {"risk": "x"}, {"more": 1}, {"confidence": [], "coverage": [], "risk": []}],
)
def test_damaged_card_is_refused(change: dict[str, object]) -> None:
    table = {"confidence": [0.9, 0.6], "coverage": [0.5, 1.0], "risk": [0.0, 0.1], "aurc": 0.05}
    with pytest.raises(CheckpointInvalid, match=r"^card: "):
        RiskCoverage.from_dict({**table, **change}, "card")


def test_nobody_cannot_be_judged() -> None:
    with pytest.raises(ModelError, match="no window"):
        RiskCoverage.of([], [])


def test_people_and_their_classes_count_alike() -> None:
    assert balanced_weights([0, 0, 0, 1]).tolist() == pytest.approx([1 / 6, 1 / 6, 1 / 6, 1 / 2])
    assert balanced_weights([1, 1]).tolist() == [0.5, 0.5]


def test_reliability_sees_overconfidence_and_passes_honest_probabilities() -> None:
    rng = np.random.default_rng(2)
    p = [rng.random(4000) for _ in range(5)]
    labels = [(rng.random(4000) < q).astype(int) for q in p]
    assert Reliability.of(p, labels).error < 0.02
    over = Reliability.of([np.clip(2 * q - 0.5, 0.001, 0.999) for q in p], labels)
    assert over.error > 0.1
    assert over.share.sum() == pytest.approx(1.0)


def test_equal_odds_undo_the_frequency_of_classes() -> None:
    rng = np.random.default_rng(3)
    p = rng.random(20000)
    labels = (rng.random(20000) < p).astype(int)
    # Three in four of the second class are lost: probabilities for equal odds no longer fit the windows as recorded.
    kept = (labels == 0) | (rng.random(20000) < 0.25)
    found = Reliability.of([p[kept]], [labels[kept]])
    assert found.error < 0.02
    assert Reliability.of([p[kept]], [labels[kept]], equal_odds=False).error > 0.1


def test_empty_bins_are_no_error() -> None:
    found = Reliability.of([np.array([0.95, 0.99])], [np.array([1, 1])])
    assert np.isnan(found.predicted[:9]).all()
    assert found.error == pytest.approx(0.03)
