"""What each classical estimator does beyond the laws of all."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from models.cross_spectra import CrossSpectra
from models.rest_features import RestFeatures
from models.tangent_space import riemann_mean
from models.training.held_out import fit_head
from models.training.workload import Person
from models.window_features import FIVE_BANDS_HZ, log_band_density, oas_covariances
from pipelines.errors import ConfigError, SpecMismatch
from pipelines.plugins import make
from tests.contract.estimator_examples import (
    BANDS_HZ,
    FLICKER_HZ,
    ITEMS,
    N_TIMES,
    RATE_HZ,
    crowd,
    drowsiness,
    flicker,
    pictures,
    potential,
    resting,
    rhythm,
)


def ready(kind: str, **settings: Any) -> Any:
    estimator = make("estimators", {"kind": kind, **settings})
    return estimator.set_params(rate_hz=RATE_HZ) if "rate_hz" in estimator.get_params() else estimator


def test_bandpower_by_rest_is_the_recipe() -> None:
    everybody, people, rest = crowd()
    estimator = ready("bandpower_lr").fit_people(everybody.X, everybody.y, people, rest)

    def relative(windows: np.ndarray, name: str) -> np.ndarray:
        own = log_band_density(rest[name], RATE_HZ, FIVE_BANDS_HZ)
        return (log_band_density(windows, RATE_HZ, FIVE_BANDS_HZ) - own.mean(axis=0)) / (own.std(axis=0) + 0.15)

    features = np.concatenate([relative(everybody.X[people == name], name) for name in rest])
    by_hand = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=2000)).fit(
        features, everybody.y
    )
    np.testing.assert_allclose(
        estimator.for_person(rest["p2"]).predict_proba(everybody.X[:9]),
        by_hand.predict_proba(relative(everybody.X[:9], "p2")),
        atol=1e-9,
    )


def test_riemann_rest_is_the_decoder_as_it_is_trained() -> None:
    everybody, people, rest = crowd()
    spectra = CrossSpectra(RATE_HZ, N_TIMES, BANDS_HZ, 3)

    def measure(windows: np.ndarray) -> np.ndarray:
        return np.stack([spectra.covariances(window.T) for window in windows])

    persons = [
        Person(
            number,
            RestFeatures(measure(rest[name]), tangent=True)(measure(everybody.X[people == name])),
            (everybody.y[people == name] == "task").astype(np.int64),
        )
        for number, name in enumerate(rest)
    ]
    head = fit_head(persons, 1e-3)
    estimator = ready("riemann_rest", bands_hz=BANDS_HZ).fit_people(everybody.X, everybody.y, people, rest)
    found = estimator.for_person(rest["p3"]).predict_proba(everybody.X[people == "p3"])[:, 1]
    np.testing.assert_allclose(found, head.probability(persons[3].features), atol=1e-9)


def test_riemann_rest_says_so_where_people_teach_no_threshold(caplog: pytest.LogCaptureFixture) -> None:
    everybody, people, rest = crowd()
    # In every second person the labels mean the contrary.
    contrary = np.isin(people, ["p1", "p3"])
    y = np.where(contrary, np.where(everybody.y == "rest", "task", "rest"), everybody.y)
    estimator = ready("riemann_rest", bands_hz=BANDS_HZ)
    with caplog.at_level(logging.WARNING):
        estimator.fit_people(everybody.X[people != "p4"], y[people != "p4"], people[people != "p4"], rest)
    assert "keeps the threshold of the regression" in caplog.text
    assert np.isfinite(estimator.for_person(rest["p4"]).predict_proba(everybody.X[:4])).all()


def test_riemann_rest_takes_two_classes_only() -> None:
    with pytest.raises(ValueError, match="Only binary classification"):
        ready("riemann_rest", bands_hz=BANDS_HZ).fit(*flicker().train)


@pytest.mark.parametrize("alignment", ["riemann", "euclid"])
def test_rest_is_recentred_on_the_identity(alignment: str) -> None:
    rest = resting(3, 4.0)
    estimator = ready("riemann_mdm", alignment=alignment)
    measured = oas_covariances(rest)
    centred = estimator._relative(measured, estimator._reference(measured))
    mean = riemann_mean(centred) if alignment == "riemann" else centred.mean(axis=0)
    np.testing.assert_allclose(mean, np.eye(4), atol=1e-6)


def test_unknown_alignment_is_refused() -> None:
    everybody, people, rest = crowd()
    estimator = ready("riemann_mdm").set_params(alignment="procrustes")
    with pytest.raises(ValueError, match="alignment = 'procrustes'"):
        estimator.fit_people(everybody.X, everybody.y, people, rest)


@pytest.mark.parametrize(
    "kind", ["csp_lda", "fbcsp_lda", "riemann_mdm", "riemann_tangent", "bandpower_lda", "xdawn_lda"]
)
def test_more_than_two_classes(kind: str) -> None:
    """Three places of alpha; for xDAWN, three latencies."""
    rng = np.random.default_rng(0)
    y = np.resize([0, 1, 2], 120)
    t = np.arange(N_TIMES) / RATE_HZ
    if kind == "xdawn_lda":
        signal = 8 * np.exp(-0.5 * ((t - np.array([0.2, 0.5, 0.9])[y][:, None]) / 0.05) ** 2)[:, None]
        signal = signal * np.array([1, 0.5, 0.2, -0.5])[:, None]
    else:
        signal = np.zeros((120, 4, N_TIMES))
        signal[np.arange(120), y] = 12 * np.sin(2 * np.pi * 10 * t + rng.uniform(0, 6, (120, 1)))
    X = 5 * rng.standard_normal((120, 4, N_TIMES)) + signal
    settings = {"bands_hz": BANDS_HZ} if kind == "fbcsp_lda" else {}
    estimator = ready(kind, **settings).fit(X[:60], y[:60])
    assert estimator.predict_proba(X[60:]).shape == (60, 3)
    assert estimator.score(X[60:], y[60:]) > 0.85


def test_filter_bank_keeps_the_features_of_the_band_that_tells() -> None:
    estimator = ready("fbcsp_lda", bands_hz=BANDS_HZ, n_components=2, n_features=2).set_params(random_state=0)
    estimator.fit(*rhythm().train)
    # Two features of each band; the second band is that of alpha.
    assert set(estimator.kept_) & {2, 3}


def test_frequencies_must_be_those_of_the_classes() -> None:
    X, y = flicker().train
    for wrong in ((13.0, 17.0), (13.0, 17.0, 21.0, 25.0), (0.0, 0.0, 13.0)):
        with pytest.raises(ValueError, match="one frequency for each of the classes"):
            ready("ssvep_cca", frequencies_hz=wrong).fit(X, y)
    with pytest.raises(SpecMismatch, match="must lie below 45 Hz"):
        ready("ssvep_cca", frequencies_hz=(13.0, 17.0, 50.0)).fit(X, y)


def test_order_of_frequencies_is_that_of_the_sorted_labels() -> None:
    X, y = flicker().train
    turned = np.array(["c", "a", "b"])[y]
    estimator = ready("ssvep_cca", frequencies_hz=(FLICKER_HZ[1], FLICKER_HZ[2], FLICKER_HZ[0])).fit(X, turned)
    assert estimator.score(X, turned) > 0.85


def test_class_without_flicker_has_a_learnt_score() -> None:
    X, y = flicker().X, flicker().y.astype(np.float64)
    rest = resting(8, 0.7, 40)
    everything = np.concatenate([X, rest]).astype(np.float32)
    labels = np.concatenate([y.astype(int) + 1, np.zeros(40, int)])
    estimator = ready("ssvep_cca", frequencies_hz=(0.0, *FLICKER_HZ)).fit(everything[::2], labels[::2])
    assert estimator.score(everything[1::2], labels[1::2]) > 0.85


def test_trca_needs_the_phase_and_cca_does_not() -> None:
    """Windows that begin anywhere in the flicker's period: no mean answer is left to correlate with."""
    locked = flicker(n=120)
    rng = np.random.default_rng(0)
    X = np.stack([np.roll(window, rng.integers(0, 64), axis=1) for window in locked.X])
    half = slice(0, None, 2), slice(1, None, 2)
    for kind, low, high in (("trca", 0.0, 0.75), ("ssvep_cca", 0.85, 1.0)):
        score = ready(kind).fit(X[half[0]], locked.y[half[0]]).score(X[half[1]], locked.y[half[1]])
        assert low <= score <= high, kind


def test_xdawn_needs_the_potential_not_the_power() -> None:
    problem = potential()
    flipped = problem.X * np.random.default_rng(0).choice([-1.0, 1.0], (len(problem.X), 1, 1))
    score = ready("xdawn_lda").fit(flipped[::2], problem.y[::2]).score(flipped[1::2], problem.y[1::2])
    assert score < 0.75


def test_simplest_baselines() -> None:
    X = rhythm().X
    chance = ready("chance").fit(X[:4], ["b", "a", "b", "b"])
    np.testing.assert_array_equal(chance.predict_proba(X[:2]), [[0.25, 0.75]] * 2)
    assert list(chance.predict(X[:2])) == ["b", "b"]
    mean = ready("mean_predictor").fit(X[:4], [1.0, 2.0, 3.0, 6.0])
    np.testing.assert_array_equal(mean.predict(X[:2]), [3.0, 3.0])


def test_regression_refuses_values_that_are_not_finite() -> None:
    X, y = drowsiness().train
    for kind in ("ridge", "mean_predictor"):
        with pytest.raises(ValueError, match=r"NaN"):
            ready(kind).fit(X, np.where(np.arange(len(y)) == 3, np.nan, y))


def test_item_never_seen_in_training_is_found() -> None:
    problem = pictures()
    seen = problem.y < 9
    estimator = ready("retrieval_ridge").set_params(item_features=ITEMS).fit(problem.X[seen], problem.y[seen])
    scores = estimator.decision_function(problem.X[~seen])
    assert scores.shape == ((~seen).sum(), len(ITEMS))
    assert np.abs(scores).max() <= 1 + 1e-9
    rank = (scores > scores[np.arange(len(scores)), problem.y[~seen]][:, None]).sum(axis=1)
    # Chance is 5.5 of 12.
    assert rank.mean() < 3


def test_items_must_be_in_the_table() -> None:
    problem = pictures()
    with pytest.raises(ValueError, match="item_features is not set"):
        ready("retrieval_ridge").fit(*problem.train)
    for table, message in ((ITEMS[:5], "rows 0 to 4"), (ITEMS * np.nan, "finite"), (ITEMS[0], "n_items")):
        with pytest.raises(ValueError, match=message):
            ready("retrieval_ridge").set_params(item_features=table).fit(*problem.train)


@pytest.mark.parametrize("features", ["bandpower", "covariance", "flat", "none"])
def test_any_scikit_learn_estimator_on_any_features(features: str) -> None:
    name = "pyriemann.estimation.Covariances" if features == "none" else "sklearn.svm.LinearSVC"
    if features == "none":
        with pytest.raises(ConfigError, match="neither a classifier nor a regression"):
            ready("sklearn", estimator=name, features=features)
        return
    X, y = rhythm().train
    estimator = ready("sklearn", estimator=name, features=features, parameters={"C": 0.01}).fit(X, y)
    assert isinstance(estimator.estimator_, LinearSVC)
    assert estimator.estimator_.C == 0.01
    assert estimator.decision_function(X[:3]).shape == (3,)
    assert not hasattr(estimator, "predict_proba")
    if features != "flat":
        assert estimator.score(*rhythm().test) > 0.8


def test_windows_pass_as_they_are() -> None:
    estimator = ready("sklearn", estimator="sklearn.dummy.DummyClassifier", features="none")
    assert estimator.fit(*rhythm().train).predict(rhythm().X[:3]).shape == (3,)


def test_scikit_learn_regression_is_a_regression() -> None:
    estimator = ready("sklearn", estimator="sklearn.linear_model.Ridge", parameters={"alpha": 10.0})
    assert isinstance(estimator.estimator, Ridge)
    assert estimator.fit(*drowsiness().train).score(*drowsiness().test) > 0.5
    assert not hasattr(estimator, "classes_")


def test_seed_reaches_the_estimator_that_has_one() -> None:
    estimator = ready("sklearn", estimator="sklearn.ensemble.RandomForestClassifier").set_params(random_state=3)
    assert estimator.fit(*rhythm().train).estimator_.random_state == 3
    assert estimator.estimator.random_state is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("LogisticRegression", "dotted name"),
        ("no_such_package.Model", "installed package"),
        ("tests.contract.estimator_examples.Example", "installed package"),
        ("os.system", "installed package"),
        ("sklearn.linear_model.NoSuchModel", "NoSuchModel"),
        ("sklearn.no_such_module.Model", "no_such_module"),
        ("sklearn.base.clone", "no scikit-learn estimator"),
        ("numpy.ndarray", "no scikit-learn estimator"),
        ("sklearn.preprocessing.StandardScaler", "neither a classifier nor a regression"),
        ("sklearn.cluster.KMeans", "neither a classifier nor a regression"),
    ],
)
def test_what_is_no_scikit_learn_estimator_is_refused(name: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        ready("sklearn", estimator=name)


def test_unknown_parameter_is_named() -> None:
    with pytest.raises(ConfigError, match="bad_penalty"):
        ready("sklearn", parameters={"bad_penalty": 1})
