from __future__ import annotations

from typing import Any

import pytest

from models.benchmark.figures import all_of, few_shot, matrix, people, png
from models.benchmark.recipe import Recipe
from models.benchmark.results import rows_of
from tests.unit.models.benchmark.made_results import Result, job, loso, probabilities, result


def shots(model: str, number: int, right: int, **setting: Any) -> list[Result]:
    return loso(model, {"x": right, "y": right - 1}, setting={"kind": "few_shot", "shots": number, **setting})


def test_one_model_of_one_person() -> None:
    (axes,) = people(rows_of(loso("a", {"x": 8}))).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a"]
    # A dot, the mean, chance; no interval.
    assert len(axes.lines) == 3
    assert png(people(rows_of(loso("a", {"x": 8})))).startswith(b"\x89PNG")


def test_each_person_is_a_dot() -> None:
    (axes,) = people(rows_of(loso("a", {"x": 8, "y": 4}))).axes
    dots, interval, mean, chance = axes.lines
    assert sorted(dots.get_xdata()) == [0.5, 1.0]
    assert list(interval.get_xdata()) == [0.5, 1.0]
    assert list(mean.get_xdata()) == [0.75]
    assert list(chance.get_xdata()) == [0.5, 0.5]


def test_the_matrix_has_the_best_on_top_and_gaps_where_nothing_was_measured() -> None:
    found = [*loso("a", {"x": 4}), *loso("b", {"x": 8}), *loso("b", {"x": 6}, calibration={"kind": "rest"})]
    figure = matrix(rows_of(found))
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["b", "a"]
    assert [text.get_text() for text in axes.texts] == ["1.00", ".75", ".50", ""]
    words = [text.get_text() for text in axes.get_xticklabels()]
    assert [word.partition("\n")[2] for word in words] == ["leave one subject out", "leave one subject out, rest"]
    assert [word[:2] for word in words] == ["1.", "2."]
    png(figure)


def test_names_are_no_formulas() -> None:
    rows = rows_of([*loso(r"$\frac$ [b]", {"x": 8}), *loso("very long " * 40, {"x": 4})])
    for figure in all_of(rows).values():
        assert png(figure)


def test_curves_are_of_one_setting_each() -> None:
    found = [
        *shots("a", 2, 5), *shots("a", 4, 7), *shots("b", 2, 4), *shots("b", 4, 4),
        *shots("a", 2, 6, of="window"), *shots("a", 6, 8, of="window"),
        *loso("a", {"x": 5}, setting={"kind": "few_shot", "ratio": 0.1}),
        *loso("a", {"x": 6}, setting={"kind": "few_shot", "ratio": 0.3}),
        *shots("a", 3, 6, train_share=0.5),
    ]  # fmt: skip
    drawn = {name: figure for name, figure in all_of(rows_of(found)).items() if name.startswith("few-shot")}
    assert list(drawn) == ["few-shot-01", "few-shot-02", "few-shot-03"]
    curves = {
        tuple(line.get_xdata()): tuple(line.get_ydata())
        for figure in drawn.values()
        for line in figure.axes[0].lines
        if line.get_label() == "a"
    }
    assert curves == {
        (2.0, 4.0): pytest.approx((4.5 / 8, 6.5 / 8)),
        (2.0, 6.0): pytest.approx((5.5 / 8, 7.5 / 8)),
        (0.1, 0.3): pytest.approx((5 / 8, 6 / 8)),
    }
    assert {figure.axes[0].get_xlabel().partition(",")[0] for figure in drawn.values()} == {
        "labels of each class and person",
        "share of labels",
    }
    for figure in drawn.values():
        png(figure)


def test_one_number_of_labels_is_no_curve() -> None:
    assert few_shot(rows_of(shots("a", 2, 5))) is None


def test_faults_are_drawn_beside_clean_windows() -> None:
    truth = [0, 1, 0, 1]
    found = [
        result(
            job(f"model {n}", "1"), ["x"] * 4, truth, probabilities([True] * 4, truth),
            faults={"noise_db=0": probabilities([True, True, False, False], truth)},
        )
        for n in range(20)
    ]  # fmt: skip
    (axes,) = all_of(rows_of(found))["faults-01"].axes
    models = [line for line in axes.lines if line.get_label().startswith("model")]
    assert all(list(line.get_ydata()) == [1.0, 0.5] for line in models)
    looks = {(line.get_color(), line.get_linestyle()) for line in models}
    assert len(looks) == 20


def test_a_figure_that_nobody_has_is_drawn_as_a_dash() -> None:
    flat = result(job("flat", "1", recipe=Recipe(window_s=8.0)), ["x"] * 3, [0.0, 1.0, 2.0], [1.0] * 3, kind="value",
                  labels=())  # fmt: skip
    figures = all_of(rows_of([flat]))
    assert [text.get_text() for text in figures["matrix"].axes[0].texts] == ["–"]
    assert figures["matrix"].axes[0].texts[0].get_color() == "black"
    for figure in figures.values():
        png(figure)


def test_nothing_to_draw() -> None:
    assert all_of([]) == {}
