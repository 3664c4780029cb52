"""The UniMind benchmark on made people: cells are kept, a stop costs nothing, the words of the page are true."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.benchmark.unimind_cells import CSBRAIN, Cell
from models.benchmark.unimind_report import page, write
from models.benchmark.unimind_run import CHANCE, CLASSICAL, MODELS, MULTI, NETWORK, SINGLE, Plan, prepared_tasks, run
from models.benchmark.unimind_table import averages, queries, scores_of, verdicts
from models.training.task import QuietProgress, Stopped
from pipelines.errors import ConfigError
from tests.contract.dataset_folders.signals import write_edf
from tests.unit.models.unimind_examples import SETTINGS

TEN_TWENTY = tuple("Fp1 Fp2 F3 F4 F7 F8 T7 T8 C3 C4 P7 P8 P3 P4 O1 O2 Fz Cz Pz".split())
STATES = {"eyes": ("eyes_open", "eyes_closed"), "workload": ("mental_arithmetic", "rest")}


def record(path: Path, states: tuple[str, str], block_s: float, person: int) -> None:
    """Three blocks of weak and three of strong posterior alpha."""
    rng = np.random.default_rng(person)
    n = round(250 * block_s)
    t = np.arange(n) / 250
    gains = np.array([1.0 if name in ("P3", "P4", "O1", "O2", "Pz") else 0.1 for name in TEN_TWENTY])
    parts = []
    for level in (1.0, 25.0) * 3:
        wave = np.sin(2 * np.pi * 10.0 * t + rng.uniform(0, 6))
        parts.append(8 * rng.standard_normal((n, 19)) + level * np.outer(wave, gains))
    events = [(block_s * k, 0.0, states[k % 2]) for k in range(6)]
    write_edf(path, 250.0, TEN_TWENTY, np.concatenate(parts), events)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    home = tmp_path_factory.mktemp("unimind")
    for paradigm, states in STATES.items():
        for person in range(8):
            record(home / "made" / paradigm / f"sub-{person:02d}_eeg.edf", states, 6.0, person)
    settings = SETTINGS.model_copy(update={"by_head": SETTINGS.by_head.model_copy(update={"steps": 40})})
    tasks = ("simulated_eyes", "simulated_workload")
    network = {**CSBRAIN, "epochs": 1}
    return Plan(home, home / "made", home / "out", home / "cache", 1, None, settings, tasks, network)


def test_all_models_judge_the_same_windows_and_what_is_done_is_kept(plan: Plan) -> None:
    stopping = QuietProgress()
    tasks = prepared_tasks(plan, stopping.say)
    cells = run(plan, tasks, stopping)
    first = next(cells)
    stopping.stop_requested = True
    with pytest.raises(Stopped):
        list(cells)
    found = list(run(plan, tasks, QuietProgress()))
    assert {(cell.task, cell.model) for cell in found} == {(task, m) for task in plan.tasks for m in MODELS}
    assert found[0].model == first.model == CHANCE
    for task in plan.tasks:
        of_task = [cell for cell in found if cell.task == task]
        assert len({tuple(cell.truth) for cell in of_task}) == 1
        assert len({tuple(cell.people) for cell in of_task}) == 1
        for cell in of_task:
            np.testing.assert_allclose(cell.said.sum(axis=1), 1.0, atol=1e-6)
    stamps = {path: path.stat().st_mtime_ns for path in (plan.out / "cells").iterdir()}
    again = list(run(plan, tasks, QuietProgress()))
    assert {path: path.stat().st_mtime_ns for path in (plan.out / "cells").iterdir()} == stamps
    for one, other in zip(found, again, strict=True):
        np.testing.assert_array_equal(one.said, other.said)
    judged = scores_of(found)
    scores = {(score.task, score.model): score for score in judged}
    for task in plan.tasks:
        assert scores[task, CHANCE].value == pytest.approx(0.5)
        assert min(scores[task, m].value for m in (MULTI, SINGLE, CLASSICAL)) > 0.75
    assert scores["simulated_eyes", NETWORK].n_people == 2
    written = write(judged, found, plan.out, {"command": "COMMAND", "words": "Words."})
    assert {path.name for path in written} == {"report.md", "report.json", "scores.png", "queries.png"}
    table = json.loads((plan.out / "report.json").read_text())
    assert len(table["scores"]) == 10
    assert set(table["queries"]) == set(plan.tasks)
    for pool in table["queries"]["simulated_eyes"].values():
        assert sum(pool) == pytest.approx(1.0, abs=1e-4)
    early = [cell for cell in found if cell.model not in (MULTI, SINGLE)]  # stopped before the first UniMind
    written = write(scores_of(early), early, plan.out / "early", {"command": "COMMAND", "words": "Words."})
    assert {path.name for path in written} == {"report.md", "report.json", "scores.png"}
    assert "No model of all tasks was asked." in (plan.out / "early" / "report.md").read_text()


def test_wrong_tasks_are_refused(plan: Plan) -> None:
    with pytest.raises(ConfigError, match="no task mood"):
        prepared_tasks(replace(plan, tasks=("mood",)), print)
    with pytest.raises(ConfigError, match="at least two tasks"):
        prepared_tasks(replace(plan, tasks=("simulated_eyes",)), print)
    told: list[str] = []
    with pytest.raises(ConfigError, match="at least two tasks are needed, there are data for 0"):
        prepared_tasks(replace(plan, tasks=(), simulated=None), told.append)
    assert any("mental_workload is left out" in line for line in told)


def cell(task: str, model: str, accuracy: float, people: int, seed: int = 0) -> Cell:
    """Forty windows of each of some people, about so many of them right."""
    rng = np.random.default_rng(seed)
    n = 40 * people
    truth = np.arange(n) % 2
    right = rng.uniform(size=n) < accuracy
    said = np.where((truth == 1) == right, 0.8, 0.2)
    who = np.repeat([f"{p:02d}" for p in range(people)], 40)
    return Cell(task, model, 0, who, truth, np.column_stack([1 - said, said]), 10, np.ones(2) / 2, np.ones(2) / 2, 1.0)


def test_the_words_say_when_unimind_loses() -> None:
    cells = [cell("eyes", MULTI, 0.6, 8), cell("eyes", CLASSICAL, 0.95, 8), cell("eyes", CHANCE, 0.5, 8)]
    cells += [cell("mental_workload", MULTI, 0.95, 8), cell("mental_workload", CLASSICAL, 0.6, 8)]
    cells += [cell("imagined_fists", MULTI, 0.5, 1), cell("imagined_fists", CLASSICAL, 0.52, 1, 3)]
    cells += [cell("mental_workload", CHANCE, 0.5, 8), cell("imagined_fists", CHANCE, 0.5, 1)]
    cells += [cell("p300_target", MULTI, 0.9, 2), cell("p300_target", CHANCE, 0.5, 2)]  # not finished: no average
    found = scores_of(cells)
    told = verdicts(found)
    assert told["eyes"].startswith("below classical")
    assert told["mental_workload"].startswith("best")
    assert "not told apart from chance" in told["imagined_fists"]
    by = {(score.task, score.model): score for score in found}
    assert by["eyes", MULTI].of_people
    assert not by["imagined_fists", MULTI].of_people
    for score in found:
        assert score.low <= score.value <= score.high
    mean, share = averages(found)[MULTI]
    assert mean == pytest.approx(np.mean([by[t, MULTI].value for t in ("eyes", "mental_workload", "imagined_fists")]))
    assert share == pytest.approx(2 * mean - 1)
    text = page(found, {"command": "COMMAND", "words": "Words."}, queries(cells))
    assert "below classical" in text
    assert "`COMMAND`" in text
