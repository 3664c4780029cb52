"""A fitted estimator as a live decoder: the laws of decoders, and what estimators alone can get wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from models.decoder import DecoderSpec
from models.estimator_decoder import EstimatorDecoder
from models.estimators.bandpower_lr import Settings, build
from pipelines.errors import ModelError, SpecMismatch
from pipelines.signal import Window
from tests.contract.decoder_examples import CHANNELS, CLASSES, RATE_HZ, SPEC, WINDOW_S, windows

NEEDED = DecoderSpec("example", CLASSES, WINDOW_S, RATE_HZ, CHANNELS)
REST, OTHER_REST = windows(1, 20.0, 20), windows(2, 5.0, 20)
MIXED = windows(3, 20.0, 6) + windows(4, 8.0, 6)


def batch(found: list[Window]) -> np.ndarray:
    return np.stack([window.samples.T for window in found])


def relative() -> Any:
    """An estimator that knows people by their rest."""
    X, y, people, rest = [], [], [], {}
    for number, alpha_uv in enumerate((10.0, 16.0, 24.0, 30.0)):
        found = windows(10 + number, alpha_uv, 24) + windows(30 + number, alpha_uv / 2, 12)
        rest[str(number)] = batch(found[:12])
        X.append(batch(found[12:]))
        y += [0] * 12 + [1] * 12
        people += [str(number)] * 24
    estimator = build(Settings()).set_params(rate_hz=RATE_HZ)
    return estimator.fit_people(np.concatenate(X), np.array(y), np.array(people), rest)


@pytest.fixture(scope="module")
def estimator() -> Any:
    return relative()


@pytest.fixture
def decoder(estimator: Any) -> EstimatorDecoder:
    made = EstimatorDecoder(estimator, replace(NEEDED, calibration_s=10.0))
    made.prepare(SPEC)
    made.warm_up()
    made.calibrate(REST, None)
    return made


def answers(decoder: EstimatorDecoder, found: list[Window] = MIXED) -> list[tuple[float, ...]]:
    return [decoder.decode(window).probabilities for window in found]


def test_decisions_are_the_estimators(decoder: EstimatorDecoder, estimator: Any) -> None:
    expected = estimator.for_person(batch(REST)).predict_proba(batch(MIXED))
    np.testing.assert_allclose(answers(decoder), expected, atol=1e-9)
    decision = decoder.decode(MIXED[0])
    assert (decision.labels, decision.model_id, decision.window_index) == (CLASSES, "example", 0)
    assert (decision.start_s, decision.end_s) == (MIXED[0].times_s[0], MIXED[0].times_s[-1])


def test_the_order_of_decoding_is_irrelevant(decoder: EstimatorDecoder) -> None:
    assert answers(decoder, MIXED[::-1])[::-1] == answers(decoder)


def test_calibrating_twice_is_the_last_one(decoder: EstimatorDecoder) -> None:
    once = answers(decoder)
    decoder.calibrate(OTHER_REST, None)
    assert answers(decoder) != once
    decoder.calibrate(REST, None)
    assert answers(decoder) == once


def test_prepare_forgets_the_person(decoder: EstimatorDecoder) -> None:
    decoder.prepare(SPEC)
    with pytest.raises(ModelError, match="for_person"):
        decoder.decode(MIXED[0])


def test_windows_may_be_reused_after_calibration(decoder: EstimatorDecoder) -> None:
    once, rows = answers(decoder), [window.samples.copy() for window in REST]
    borrowed = [replace(window, samples=samples) for window, samples in zip(REST, rows, strict=True)]
    decoder.calibrate(borrowed, None)
    for samples in rows:
        samples[:] = 0
    assert answers(decoder) == once


def test_another_stream_is_refused(estimator: Any) -> None:
    with pytest.raises(SpecMismatch, match="another order"):
        EstimatorDecoder(estimator, NEEDED).prepare(SPEC.with_channels(SPEC.channels[::-1]))


def test_warming_up_comes_after_preparing(estimator: Any) -> None:
    with pytest.raises(ModelError, match="prepare"):
        EstimatorDecoder(estimator, NEEDED).warm_up()


def test_labelled_windows_adapt_as_the_estimator_does(estimator: Any) -> None:
    class Told(Bare):
        def fit_people(self, X: Any, y: Any, people: Any, rest: Any) -> Any:
            return self

        def for_person(self, rest: Any, X: Any = None, y: Any = None) -> Any:
            assert rest is None
            assert X.shape == (len(MIXED), len(CHANNELS), round(WINDOW_S * RATE_HZ))
            return Told(int(np.bincount(y).argmax()))

    decoder = EstimatorDecoder(Told(0), NEEDED)
    decoder.prepare(SPEC)
    assert decoder.decode(MIXED[0]).label == "rest"
    decoder.calibrate(MIXED, ["task"] * 10 + ["rest"] * 2)
    assert decoder.decode(MIXED[0]).label == "task"
    with pytest.raises(ModelError, match="unknown are: dream"):
        decoder.calibrate(MIXED, ["dream"] * 12)
    with pytest.raises(ModelError, match="1 labels for 12"):
        decoder.calibrate(MIXED, ["task"])
    with pytest.raises(ModelError, match="no window"):
        decoder.calibrate([], None)


class Bare(ClassifierMixin, BaseEstimator):
    """Chooses one class and knows no probabilities."""

    def __init__(self, chosen: int) -> None:
        self.chosen = chosen

    def fit(self, X: Any, y: Any) -> Any:
        return self

    def predict(self, X: Any) -> Any:
        return np.full(len(X), self.chosen)


def test_a_bare_choice_is_certain_and_cannot_adapt() -> None:
    decoder = EstimatorDecoder(Bare(1), NEEDED)
    decoder.prepare(SPEC)
    decoder.warm_up()
    assert decoder.decode(MIXED[0]).probabilities == (0.0, 1.0)
    with pytest.raises(ModelError, match="cannot adapt"):
        decoder.calibrate(REST, None)
    decoder.close()
    decoder.close()


def test_classes_not_met_in_training_have_no_probability() -> None:
    class Some(Bare):
        classes_ = np.array([0, 2])

        def predict_proba(self, X: Any) -> Any:
            return np.tile([0.25, 0.75], (len(X), 1))

    decoder = EstimatorDecoder(Some(0), replace(NEEDED, classes=("a", "b", "c")))
    decoder.prepare(SPEC)
    assert decoder.decode(MIXED[0]).probabilities == (0.25, 0.0, 0.75)
