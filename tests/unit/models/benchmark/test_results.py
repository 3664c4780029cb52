from __future__ import annotations

import json

import numpy as np
import pytest

from models.benchmark.recipe import Recipe
from models.benchmark.results import Row, rows_of
from pipelines.errors import ModelError
from tests.unit.models.benchmark.made_results import FIVE_S, Result, job, loso, person, probabilities, result


def only(found: list[Result]) -> Row:
    (row,) = rows_of(found)
    return row


def test_a_person_is_judged_on_windows_of_all_folds() -> None:
    # Fold one: both windows of class 0 right. Fold two: one of three of class 1 right. By fold 1 and 1/3; by person
    # the mean of both classes is (1 + 1/3) / 2.
    one = result(job("a", "one"), ["x", "x"], [0, 0], probabilities([True, True], [0, 0]))
    two = result(job("a", "two"), ["x"] * 3, [1, 1, 1], probabilities([True, False, False], [1, 1, 1]))
    row = only([one, two])
    assert row.people == ("x",)
    assert row.n_windows == 5
    assert row.by_person["balanced_accuracy"] == pytest.approx([2 / 3])
    assert row.by_fold == pytest.approx([1.0, 1 / 3])
    assert np.isnan(row.interval("balanced_accuracy")).all()


def test_people_count_alike_and_pooled_windows_do_not() -> None:
    found = [person(job("a", "one"), "x", 8), person(job("a", "two"), "y", 0, n=2)]
    row = only(found)
    assert row.mean("accuracy") == pytest.approx(0.5)
    assert row.pooled["accuracy"] == pytest.approx(0.8)
    low, high = row.interval("accuracy")
    assert (low, high) == (0.0, 1.0)


def test_seeds_are_averaged_and_their_spread_is_kept() -> None:
    found = [*loso("a", {"x": 8, "y": 4}, seed=0), *loso("a", {"x": 4, "y": 4}, seed=3)]
    row = only(found)
    assert row.seeds == (0, 3)
    assert row.by_person["accuracy"] == pytest.approx([0.75, 0.5])
    assert row.by_seed["accuracy"] == pytest.approx([0.75, 0.5])
    assert row.n_windows == 16


def test_the_best_comes_first_and_equals_go_by_name() -> None:
    found = [*loso("b", {"x": 4, "y": 4}), *loso("c", {"x": 6, "y": 6}), *loso("a", {"x": 4, "y": 4})]
    assert [row.model for row in rows_of(found)] == ["c", "a", "b"]
    assert [row.model for row in rows_of(found[::-1])] == ["c", "a", "b"]


def test_a_model_that_lacks_folds_is_marked_and_comes_last() -> None:
    # It failed on y, which is hard for everybody.
    found = [*loso("a", {"x": 7, "y": 2}), *loso("lucky", {"x": 8})]
    whole, part = rows_of(found)
    assert (whole.model, whole.missing, whole.title) == ("a", 0, "a")
    assert (part.model, part.missing, part.title) == ("lucky", 1, "lucky (1 folds missing)")
    assert part.as_dict()["missing_folds"] == 1


def test_fewer_seeds_are_no_missing_folds() -> None:
    found = [*loso("a", {"x": 7}, seed=0), *loso("a", {"x": 7}, seed=1), *loso("b", {"x": 7}, seed=0)]
    assert [row.missing for row in rows_of(found)] == [0, 0]


def test_two_recipes_are_two_conditions() -> None:
    found = [*loso("a", {"x": 8, "y": 8}), *loso("a", {"x": 4, "y": 4}, recipe=Recipe(window_s=4.0))]
    four, five = rows_of(found)
    assert str(five.condition) == "eegmat · leave one subject out · no calibration · window_s = 5.0"
    assert str(four.condition) == "eegmat · leave one subject out · no calibration · window_s = 4.0"
    assert (five.mean("accuracy"), four.mean("accuracy")) == (1.0, 0.5)
    assert five.n_windows == 16


def test_two_folders_are_two_conditions() -> None:
    found = [*loso("a", {"x": 8}), *loso("a", {"x": 4}, data={"folder": "other"}, windows="v")]
    assert {row.condition.windows for row in rows_of(found)} == {'folder = "eegmat"', 'folder = "other"'}


def test_what_has_changed_in_between_is_not_mixed() -> None:
    with pytest.raises(ModelError, match=r"a, seed 0, subject x: two results.*run the suite again"):
        rows_of([*loso("a", {"x": 8}), *loso("a", {"x": 8}, code="d")])
    with pytest.raises(ModelError, match="data, or of code that prepares them, that have changed"):
        rows_of([*loso("a", {"x": 8}), *loso("a", {"x": 8}, windows="v")])


def test_the_same_result_twice_counts_once() -> None:
    found = loso("a", {"x": 6, "y": 2})
    assert only(found + found).n_windows == 16


def test_choices_have_no_figure_that_needs_probabilities() -> None:
    truth = [0, 1, 0, 1]
    row = only([result(job("a", "one"), ["x"] * 4, truth, np.eye(2)[truth], kind="choice")])
    assert row.mean("balanced_accuracy") == 1.0
    for figure in ("auroc", "auc_pr", "calibration_error"):
        assert np.isnan(row.mean(figure))
        assert np.isnan(row.pooled[figure])


def test_a_figure_that_is_not_defined_for_somebody_is_left_out() -> None:
    # y has only one class: no area under a curve.
    one = person(job("a", "one"), "x", 8)
    two = result(job("a", "two"), ["y"] * 2, [0, 0], probabilities([True, False], [0, 0]))
    row = only([one, two])
    assert row.mean("auroc") == 1.0
    assert row.mean("balanced_accuracy") == pytest.approx(0.75)
    assert row.as_dict()["by_person"] == {"x": 1.0, "y": 0.5}


def test_information_is_by_the_length_of_a_decision() -> None:
    assert only(loso("a", {"x": 8})).mean("bits_per_minute") == pytest.approx(12.0)
    assert only(loso("a", {"x": 8}, recipe=Recipe(window_s=2.0))).mean("bits_per_minute") == pytest.approx(30.0)
    late = Recipe(window_s=2.0, from_s=1.0)
    assert only(loso("a", {"x": 8}, recipe=late)).mean("bits_per_minute") == pytest.approx(20.0)
    early = Recipe(window_s=2.0, from_s=-0.5)
    assert only(loso("a", {"x": 8}, recipe=early)).mean("bits_per_minute") == pytest.approx(30.0)


def test_perturbed_windows_are_judged_alike() -> None:
    truth = [0, 1, 0, 1]
    hurt = probabilities([True, True, False, False], truth)
    clean = probabilities([True] * 4, truth)
    row = only([result(job("a", "one"), ["x"] * 4, truth, clean, faults={"noise_db=0": hurt})])
    assert row.mean("balanced_accuracy") == 1.0
    assert row.perturbed == {"noise_db=0": pytest.approx(0.5)}


def test_numbers() -> None:
    truth = np.array([0.0, 1.0, 2.0, 3.0])
    found = [
        result(job("good", "one"), ["x"] * 4, truth, 2 * truth + 1, kind="value", labels=()),
        result(job("flat", "one"), ["x"] * 4, truth, np.ones(4), kind="value", labels=()),
    ]
    good, flat = rows_of(found)
    assert (good.task, good.primary, good.model) == ("regression", "pearson", "good")
    assert good.mean("pearson") == pytest.approx(1.0)
    assert good.mean("rmse") == pytest.approx(np.sqrt((1 + 4 + 9 + 16) / 4))
    assert flat.as_dict()["pearson"] is None
    assert flat.chance() == 0.0


def test_items_may_differ_from_fold_to_fold() -> None:
    # Fold one: of three items the right one beats one of two others. Fold two: of two it wins, in both windows.
    one = result(job("a", "one"), ["x"], [1], [[0.5, 0.3, 0.1]], kind="item", labels=("p", "q", "r"))
    two = result(job("a", "two"), ["x", "x"], [0, 1], [[1.0, 0.0], [0.0, 1.0]], kind="item", labels=("s", "t"))
    row = only([one, two])
    assert (row.task, row.primary) == ("retrieval", "two_way")
    assert row.mean("two_way") == pytest.approx((0.5 + 2.0) / 3)
    assert row.mean("top1") == pytest.approx(2 / 3)
    assert row.mean("top5") == 1.0
    assert row.chance() == 0.5


def test_scores_of_items_that_sum_to_one_are_still_of_items() -> None:
    row = only([result(job("a", "one"), ["x"], [0], [[0.6, 0.4]], kind="item", labels=("p", "q"))])
    assert row.task == "retrieval"


def test_a_row_is_json() -> None:
    row = only(loso("a", {"x": 8}, calibration={"kind": "rest", "rest_s": 30.0}, recipe=FIVE_S))
    values = json.loads(json.dumps(row.as_dict(), allow_nan=False))
    assert values["calibration"] == "rest (rest_s = 30)"
    assert values["interval_95"] == [None, None]
    assert values["balanced_accuracy"] == 1.0
    assert values["calibration_s"] == 60.0
