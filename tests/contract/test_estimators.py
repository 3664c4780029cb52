"""The laws of ``models.estimator``, on every estimator that can be made without downloads."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.metrics import balanced_accuracy_score, r2_score
from sklearn.model_selection import cross_val_score
from sklearn.utils import estimator_checks, get_tags

from models.estimator import PersonAdaptive
from pipelines.errors import ModelError
from pipelines.plugins import load, names
from tests.contract.estimator_examples import EXAMPLES, RATE_HZ, crowd, fitted, problem, resting

KINDS = sorted(EXAMPLES)
CLASSIFIERS = [kind for kind in KINDS if is_classifier(EXAMPLES[kind].build(kind))]
TRIVIAL = ("chance", "mean_predictor")
TABLED = "retrieval_ridge"
"""Its classes are all items, seen in training or not."""
NETWORKS = ("braindecode", "csbrain", "csbrain_rest")
"""Trained for minutes, so their laws are those of ``test_deep_classifier.py`` and ``test_csbrain_rest.py``."""
ADAPTIVE = [kind for kind in KINDS if isinstance(EXAMPLES[kind].build(kind), PersonAdaptive)]

SKLEARN_CHECKS = [
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_tags_renamed,
    estimator_checks.check_valid_tag_types,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_parameters_default_constructible,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_set_params,
    estimator_checks.check_mixin_order,
    estimator_checks.check_estimators_unfitted,
    estimator_checks.check_fit1d,
    estimator_checks.check_requires_y_none,
]
"""Those of scikit-learn's checks that do not fit an estimator on rows of two dimensions."""


def fresh(kind: str) -> Any:
    return EXAMPLES[kind].build(kind)


def answers(estimator: Any, windows: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(estimator.predict_proba(windows) if is_classifier(estimator) else estimator.predict(windows))


def test_every_shipped_estimator_has_an_example() -> None:
    assert set(names("estimators")) == set(EXAMPLES) | set(NETWORKS)


@pytest.mark.parametrize("kind", names("estimators"))
def test_settings_have_defaults_that_are_explained(kind: str) -> None:
    module = load("estimators", kind)
    assert module.Settings().model_fields_set == set()
    for name, field in module.Settings.model_fields.items():
        assert field.description, name


@pytest.mark.parametrize("kind", names("estimators"))
def test_module_says_what_unit_it_needs(kind: str) -> None:
    said = inspect.getdoc(load("estimators", kind)) or ""
    assert any(word in said for word in ("µV", "unit", "Scale-free")), said


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("check", SKLEARN_CHECKS, ids=lambda check: check.__name__)
def test_scikit_learns_own_checks(kind: str, check: Any) -> None:
    check(type(fresh(kind)).__name__, fresh(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_tags_say_three_dimensions(kind: str) -> None:
    tags = get_tags(fresh(kind))
    assert tags.input_tags.three_d_array
    assert not tags.input_tags.two_d_array
    assert tags.estimator_type in ("classifier", "regressor")


@pytest.mark.parametrize("kind", KINDS)
def test_clone_has_the_same_parameters_and_learns_the_same(kind: str) -> None:
    twin = clone(fitted(kind))
    with pytest.raises(NotFittedError):
        twin.predict(problem(kind).X[:3])
    assert str(twin.get_params()) == str(fitted(kind).get_params())
    assert twin.fit(*problem(kind).train) is twin
    np.testing.assert_array_equal(answers(twin, problem(kind).test[0]), answers(fitted(kind), problem(kind).test[0]))


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_are_left_as_they_were_given(kind: str) -> None:
    estimator = fresh(kind)
    before = str(estimator.get_params())
    estimator.fit(*problem(kind).train)
    assert str(estimator.get_params()) == before


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_probabilities_are_a_distribution_over_the_classes(kind: str) -> None:
    estimator, (X, y) = fitted(kind), problem(kind).test
    p = estimator.predict_proba(X)
    assert p.shape == (len(X), len(estimator.classes_))
    np.testing.assert_allclose(p.sum(axis=1), 1.0, atol=1e-9)
    assert p.min() >= 0
    np.testing.assert_array_equal(estimator.classes_, np.unique(y))
    np.testing.assert_array_equal(estimator.predict(X), estimator.classes_[p.argmax(axis=1)])


@pytest.mark.parametrize("kind", KINDS)
def test_effect_is_found_and_nothing_where_there_is_none(kind: str) -> None:
    (X, y), (X_test, y_test) = problem(kind).train, problem(kind).test
    score = balanced_accuracy_score if is_classifier(fresh(kind)) else r2_score
    assert score(y_test, fitted(kind).predict(X_test)) >= EXAMPLES[kind].floor
    rng = np.random.default_rng(5)
    blind = fresh(kind).fit(X, rng.permutation(y)).predict(X_test)
    chance = 1 / len(np.unique(y)) if is_classifier(fresh(kind)) else -0.2
    # Half a hundred windows: three standard deviations are about a fifth.
    assert score(rng.permutation(y_test), blind) < chance + 0.22


@pytest.mark.parametrize("kind", KINDS)
def test_order_of_windows_is_irrelevant(kind: str) -> None:
    X = problem(kind).test[0]
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(answers(fitted(kind), X[order]), answers(fitted(kind), X)[order], rtol=1e-7, atol=1e-9)
    one_by_one = np.concatenate([answers(fitted(kind), X[i : i + 1]) for i in range(4)])
    np.testing.assert_allclose(one_by_one, answers(fitted(kind), X)[:4], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_order_of_training_windows_hardly_matters(kind: str) -> None:
    if kind == "sklearn":
        pytest.skip("a random forest draws windows by their position")
    X, y = problem(kind).train
    order = np.random.default_rng(0).permutation(len(X))
    other = answers(fresh(kind).fit(X[order], y[order]), problem(kind).test[0])
    np.testing.assert_allclose(other, answers(fitted(kind), problem(kind).test[0]), atol=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_input_is_not_written_to(kind: str) -> None:
    """The examples are read-only; lists of the same numbers and float64 give the same."""
    X, y = problem(kind).train
    before = X.copy()
    fresh(kind).fit(X, y)
    answers(fitted(kind), X)
    np.testing.assert_array_equal(X, before)
    wide = fresh(kind).fit(X.astype(np.float64), list(y))
    np.testing.assert_allclose(answers(wide, X[:5].astype(np.float64)), answers(fitted(kind), X[:5]), atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_scale_matters_only_where_the_module_says_so(kind: str) -> None:
    X = problem(kind).test[0]
    same = np.allclose(answers(fitted(kind), 3 * X), answers(fitted(kind), X), atol=1e-5)
    scale_free = "Scale-free" in (inspect.getdoc(load("estimators", kind)) or "")
    # Normalised covariances and cosines forget the scale too, but their modules do not promise it.
    assert same or not scale_free


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nonfinite_input_is_refused(kind: str, value: float) -> None:
    X, y = problem(kind).train
    bad = X.copy()
    bad[3, 1, 17] = value
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        fresh(kind).fit(bad, y)
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        fitted(kind).predict(bad)


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_shapes_are_refused(kind: str) -> None:
    X, y = problem(kind).train
    with pytest.raises(ValueError, match="n_windows, n_channels, n_times"):
        fresh(kind).fit(X[:, 0], y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fresh(kind).fit(X, y[:-1])
    for other in (X[:, :3], X[:, :, :-1]):
        with pytest.raises(ValueError, match="was fitted on windows of 4 channels and 256 samples"):
            fitted(kind).predict(other)
    with pytest.raises(ValueError, match="0 sample"):
        fitted(kind).predict(X[:0])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if fresh(kind).get_params().get("rate_hz")])
def test_rate_is_asked_for(kind: str) -> None:
    estimator = fresh(kind).set_params(rate_hz=None)
    if kind in ("riemann_tangent",):
        estimator.set_params(band_hz=(8.0, 13.0))
    with pytest.raises(ValueError, match="set the sampling rate"):
        estimator.fit(*problem(kind).train)


@pytest.mark.parametrize("kind", [kind for kind in CLASSIFIERS if kind not in ("sklearn", TABLED)])
def test_one_class_is_refused(kind: str) -> None:
    X, y = problem(kind).train
    with pytest.raises(ValueError, match="only one class"):
        fresh(kind).fit(X, np.repeat(y[:1], len(y)))
    with pytest.raises(ValueError, match=r"[Uu]nknown label type|continuous"):
        fresh(kind).fit(X, np.linspace(0.1, 0.9, len(y)))


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_one_window_of_each_class_is_enough_or_refused(kind: str) -> None:
    X, y = problem(kind).train
    rows = [int(np.flatnonzero(y == label)[0]) for label in np.unique(y)]
    estimator = fresh(kind)
    try:
        estimator.fit(X[rows], y[rows])
    except ValueError as refusal:
        assert "needs at least 2 windows of each class" in str(refusal)  # noqa: PT017 - both outcomes are lawful
        return
    assert np.isfinite(estimator.predict_proba(X)).all()


@pytest.mark.parametrize("kind", [kind for kind in CLASSIFIERS if kind != TABLED])
def test_labels_may_be_of_any_kind(kind: str) -> None:
    X, y = problem(kind).train
    numbers = np.unique(y, return_inverse=True)[1]
    for labels in (numbers, numbers + 5, np.array(["a", "b", "c"])[numbers]):
        estimator = fresh(kind).fit(X, labels)
        np.testing.assert_allclose(estimator.predict_proba(X[:8]), answers(fitted(kind), X[:8]), atol=1e-9)
        assert set(estimator.predict(X)) <= set(labels)


@pytest.mark.parametrize("kind", KINDS)
def test_scikit_learns_cross_validation_takes_it(kind: str) -> None:
    X, y = problem(kind).X, problem(kind).y
    scores = cross_val_score(fresh(kind), X, y, cv=2)
    assert scores.shape == (2,)
    if kind not in (*TRIVIAL, TABLED):
        assert scores.mean() > EXAMPLES[kind].floor - 0.15


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_flat_window_gives_a_distribution(kind: str) -> None:
    p = fitted(kind).predict_proba(np.zeros_like(problem(kind).X[:2]))
    assert np.isfinite(p).all()
    np.testing.assert_allclose(p.sum(axis=1), 1.0)


def test_who_can_adapt() -> None:
    assert {"bandpower_lr", "bandpower_lda", "riemann_mdm", "riemann_tangent", "riemann_rest"} <= set(ADAPTIVE)


def among_people(kind: str) -> Any:
    """Fitted on all of the crowd but the last one."""
    everybody, people, rest = crowd()
    known = people != "p4"
    return fresh(kind).fit_people(everybody.X[known], everybody.y[known], people[known], rest)


@pytest.mark.parametrize("kind", ADAPTIVE)
def test_rest_makes_a_stranger_readable(kind: str) -> None:
    everybody, people, rest = crowd()
    stranger = people == "p4"
    adapted = among_people(kind).for_person(rest["p4"])
    assert balanced_accuracy_score(everybody.y[stranger], adapted.predict(everybody.X[stranger])) > 0.8
    # Ten times the amplitude in rest and task alike: to the person's own rest it is the same.
    louder = among_people(kind).for_person(10 * rest["p4"])
    np.testing.assert_allclose(
        louder.predict_proba(10 * everybody.X[stranger]), adapted.predict_proba(everybody.X[stranger]), atol=1e-3
    )


@pytest.mark.parametrize("kind", ADAPTIVE)
def test_adapting_leaves_the_original_as_it_was_and_repeats_itself(kind: str) -> None:
    everybody, _, rest = crowd()
    X, original = everybody.X[:20], among_people(kind)
    once = original.for_person(rest["p4"])
    before = once.predict_proba(X)
    other = original.for_person(resting(99, 7.0), everybody.X[-16:], everybody.y[-16:])
    assert not np.allclose(other.predict_proba(X), before)
    np.testing.assert_array_equal(once.predict_proba(X), before)
    np.testing.assert_array_equal(original.for_person(rest["p4"]).predict_proba(X), before)
    np.testing.assert_array_equal(once.for_person(rest["p4"]).predict_proba(X), before)
    with pytest.raises(ModelError, match="call for_person"):
        original.predict(X)


@pytest.mark.parametrize("kind", ADAPTIVE)
def test_labelled_windows_of_a_person_are_learnt_from(kind: str) -> None:
    """Somebody whose labels mean the contrary: with many of their windows the answers turn towards them."""
    strange = problem("bandpower_lr")
    X, y = strange.train
    swapped = np.where(y == "rest", "task", "rest")
    plain = fresh(kind).fit(X[:10], y[:10])
    adapted = plain.for_person(None, X[10:], swapped[10:])
    assert np.mean(adapted.predict(strange.test[0]) == strange.test[1]) < 0.5
    assert np.mean(plain.predict(strange.test[0]) == strange.test[1]) > 0.6


@pytest.mark.parametrize("kind", ADAPTIVE)
def test_rest_that_does_not_do_is_refused(kind: str) -> None:
    everybody, people, rest = crowd()
    with pytest.raises(NotFittedError):
        fresh(kind).for_person(rest["p0"])
    with pytest.raises(ModelError, match="no rest of p4"):
        fresh(kind).fit_people(everybody.X, everybody.y, people, {k: v for k, v in rest.items() if k != "p4"})
    with pytest.raises(ModelError, match="at least 3 windows, got 2"):
        fresh(kind).fit_people(everybody.X, everybody.y, people, rest | {"p1": rest["p1"][:2]})
    with pytest.raises(ModelError, match="rest of p1: windows are"):
        fresh(kind).fit_people(everybody.X, everybody.y, people, rest | {"p1": rest["p1"][:, :3]})
    original = among_people(kind)
    for refused in (lambda: original.for_person(None), lambda: original.for_person(rest["p0"], everybody.X[:2])):
        with pytest.raises(ModelError, match="needs windows of rest"):
            refused()
    with pytest.raises(ModelError, match="at least 3 windows, got 2"):
        original.for_person(rest["p0"][:2])
    with pytest.raises(ModelError, match="needs the person's rest"):
        original.for_person(None, everybody.X[:2], everybody.y[:2])
    with pytest.raises(ModelError, match="unknown labels"):
        original.for_person(rest["p0"], everybody.X[:2], np.array(["rest", "sleep"]))
    with pytest.raises(ModelError, match="fit it by fit_people"):
        fitted(kind).for_person(rest["p0"])


def test_the_simulated_windows_are_what_they_claim() -> None:
    assert problem("bandpower_lr").X.shape[1:] == (4, round(2 * RATE_HZ))
