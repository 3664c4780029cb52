from __future__ import annotations

from typing import Any

import pytest

from models.benchmark.published import beside, tables
from models.benchmark.recipe import Recipe
from pipelines.plugins import load
from tests.unit.models.benchmark.made_results import job

CBRAMOD: dict[str, Any] = {"setting": {"kind": "cross_subject", "split": "cbramod"}}
FOUR_S = Recipe(window_s=4.0)


def test_the_same_protocol_finds_its_table() -> None:
    found = beside(job("a", "f", **CBRAMOD))
    assert found is not None
    assert found.source.startswith("CBraMod, Table 12")
    assert found.cells("CBraMod") == ["0.726", "0.627", "0.790"]
    split = {"kind": "multi_subject", "split": "adabrain_multi_subject"}
    found = beside(job("a", "f", data={"kind": "bci_iv_2a"}, setting=split, recipe=FOUR_S))
    assert found is not None
    assert "multi-subject" in found.source
    four_classes = {"kind": "eegmmidb", "task": "four_class"}
    assert beside(job("a", "f", data=four_classes, recipe=FOUR_S, **CBRAMOD)) is not None


@pytest.mark.parametrize(
    "other",
    [
        {"recipe": FOUR_S},
        {"recipe": Recipe(window_s=5.0, channels=("O1", "O2"))},
        {"recipe": Recipe(window_s=5.0, classes=("rest", "task"))},
        {"calibration": {"kind": "rest"}},
        {"calibration": {"kind": "labelled"}},
        {"setting": {"kind": "leave_one_subject_out"}},
        {"setting": {"kind": "few_shot", "split": "cbramod", "shots": 3}},
        {"data": {"kind": "eegmmidb", "task": "imagined_fists"}, "recipe": FOUR_S},
        {"data": {"kind": "mi_vr"}},
    ],
)
def test_another_protocol_finds_none(other: dict[str, Any]) -> None:
    assert beside(job("a", "f", **{**CBRAMOD, **other})) is None


@pytest.mark.parametrize("table", tables(), ids=lambda t: f"{t.data}-{t.protocol}")
def test_a_table_is_of_a_split_of_its_data_set(table: Any) -> None:
    module = load("datasets", table.data)
    assert table.protocol in module.build(module.Settings()).splits
    for values in table.rows.values():
        assert len(values) == len(table.metrics)
        assert all(0 <= value <= 1 for value in values if value == value)
