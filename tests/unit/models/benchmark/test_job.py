from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.benchmark.job import Job, Place, run_job
from models.benchmark.metrics import balanced_accuracy
from models.benchmark.perturbation import CLEAN, Perturbation
from models.benchmark.predictions import Predictions
from models.benchmark.preparation import prepare
from models.benchmark.windows import Prepared
from pipelines.errors import ConfigError, ModelError
from tests.unit.models.benchmark.benchmark_jobs import LOSO, jobs
from tests.unit.models.benchmark.conftest import PLAIN

REST = {"kind": "rest", "rest_s": 12.0}
FAULTS = [{"lost_channels": 0.25}, {"lost_channels": 0.6}, {"noise_db": 0.0}]


def score(found: list[Predictions]) -> float:
    return float(np.mean([balanced_accuracy(one.truth, one.said[CLEAN]) for one in found]))


def run(place: Place, made: list[Job]) -> list[Predictions]:
    return [run_job(job, place) for job in made]


def same(a: Predictions, b: Predictions) -> None:
    assert (a.key, a.kind, a.labels, a.n_train, a.calibration_s) == (
        b.key,
        b.kind,
        b.labels,
        b.n_train,
        b.calibration_s,
    )
    for name in ("rows", "people", "truth"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    assert set(a.said) == set(b.said)
    for name, said in a.said.items():
        np.testing.assert_array_equal(said, b.said[name])


def test_a_job_predicts_every_test_window(people: Prepared, place: Place) -> None:
    (job, *_) = jobs(people)
    found = run_job(job, place)
    assert found.key == job.key
    assert found.kind == "probability"
    assert found.labels == ("open", "closed")
    assert found.said[CLEAN].shape == (64, 2)
    np.testing.assert_allclose(found.said[CLEAN].sum(axis=1), 1.0)
    assert set(found.people) == {"00"}
    np.testing.assert_array_equal(found.truth, people.targets(found.rows))
    assert (found.n_train, found.calibration_s) == (320, 0.0)
    assert found.fit_s > 0
    assert found.latency_ms > 0


def test_the_same_job_gives_the_same_again(people: Prepared, place: Place) -> None:
    for mode in ("plain", "random"):
        (job, *_) = jobs(people, perturbations=FAULTS, mode=mode)
        same(run_job(job, place), run_job(job, place))
    other = jobs(people, seed=1, mode="random")[0]
    assert run_job(other, place).said[CLEAN][0, 0] != run_job(jobs(people, mode="random")[0], place).said[CLEAN][0, 0]


def test_settings_do_not_disturb_one_another(people: Prepared, place: Place) -> None:
    few = {"kind": "few_shot", "shots": 2}
    one, other = jobs(people, LOSO, mode="random")[:2], jobs(people, few, mode="random")
    forth = {p.key: p for p in run(place, one + other)}
    back = {p.key: p for p in run(place, other + one)}
    assert set(forth) == set(back)
    assert len(forth) == 3
    for key, found in forth.items():
        same(found, back[key])


def test_rest_helps_an_estimator_that_uses_it(people: Prepared, place: Place) -> None:
    blind = run(place, jobs(people, mode="adaptive"))
    unused = run(place, jobs(people, calibration=REST, mode="plain"))
    rested = run(place, jobs(people, calibration=REST, mode="adaptive"))
    assert score(blind) < 0.7
    assert score(unused) < 0.7
    assert score(rested) > 0.95
    assert {one.calibration_s for one in rested} == {12.0}
    assert {one.calibration_s for one in unused} == {0.0}


def test_labelled_windows_teach(people: Prepared, place: Place) -> None:
    labelled = {"kind": "labelled", "k": 2}
    refitted, adapted, alone = (
        run_job(jobs(people, calibration=labelled | more, mode=mode)[0], place)
        for more, mode in (({}, "plain"), ({}, "adaptive"), ({"alone": True}, "plain"))
    )
    assert {one.calibration_s for one in (refitted, adapted, alone)} == {16.0}
    np.testing.assert_array_equal(refitted.rows, alone.rows)
    assert refitted.rows.size == 64 - 8
    assert balanced_accuracy(alone.truth, alone.said[CLEAN]) > 0.95
    assert balanced_accuracy(adapted.truth, adapted.said[CLEAN]) > 0.95
    blind = run_job(jobs(people, mode="plain")[0], place)
    kept = np.isin(blind.rows, refitted.rows)
    assert not np.array_equal(blind.said[CLEAN][kept], refitted.said[CLEAN])


@pytest.mark.parametrize(
    ("setting", "mode", "learns_from"),
    [
        ({"kind": "leave_one_subject_out", "validation_subjects": 2}, "plain", 5),
        ({"kind": "leave_one_subject_out", "validation_subjects": 2}, "validated", 3),
        ({"kind": "cross_subject", "split": "by_people"}, "plain", 3),
        ({"kind": "cross_subject", "split": "no_validation"}, "plain", 5),
    ],
)
def test_who_learns_from_validation(
    people: Prepared,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    setting: dict[str, Any],
    mode: str,
    learns_from: int,
) -> None:
    seen = []
    windows = Prepared.windows
    monkeypatch.setattr(Prepared, "windows", lambda self, rows: (seen.append(len(rows)), windows(self, rows))[1])
    run_job(jobs(people, setting, mode=mode)[0], place)
    assert max(seen) == 64 * learns_from


def test_perturbations_are_the_same_for_all_models_and_hurt(people: Prepared) -> None:
    rows = np.flatnonzero(people.table["role"] == 0)[:200]
    names = people.table["subject"][rows].astype(str)
    windows = people.windows(rows)
    lost = Perturbation(lost_channels=0.5).apply(windows, rows, names, 0)
    for person in np.unique(names):
        zero = (lost[names == person] == 0).all(axis=2)
        assert (zero == zero[0]).all()
        assert zero[0].sum() == 2
    noisy = Perturbation(noise_db=10.0).apply(windows, rows, names, 0)
    ratio = windows.std(axis=2) / (noisy - windows).std(axis=2)
    np.testing.assert_allclose(20 * np.log10(ratio).mean(), 10.0, atol=0.3)
    half = Perturbation(noise_db=10.0).apply(windows[100:], rows[100:], names[100:], 0)
    np.testing.assert_array_equal(half, noisy[100:])
    assert not np.array_equal(noisy, Perturbation(noise_db=10.0).apply(windows, rows, names, 1))
    np.testing.assert_array_equal(windows, people.windows(rows))


def test_perturbed_predictions_are_kept_by_name(people: Prepared, place: Place) -> None:
    found = run_job(jobs(people, calibration=REST, perturbations=FAULTS, mode="adaptive")[0], place)
    assert set(found.said) == {"clean", "lost_channels=0.25", "lost_channels=0.6", "noise_db=0"}
    assert not np.array_equal(found.said["clean"], found.said["lost_channels=0.25"])


def test_choices_and_values(people: Prepared, place: Place, people_folder: Path, cache: Path) -> None:
    choice = run_job(jobs(people, mode="choice")[0], place)
    assert choice.kind == "choice"
    assert set(choice.said[CLEAN].ravel()) == {0.0, 1.0}
    data = {"task": "regression"}
    values = prepare({"kind": "six_people", "folder": str(people_folder), **data}, PLAIN, cache)
    found = run_job(jobs(values, data=data, mode="values")[0], place)
    assert found.kind == "value"
    assert found.said[CLEAN].shape == found.truth.shape == (64,)
    np.testing.assert_array_equal(found.said[CLEAN], 0.25)


def test_the_key_is_of_everything_that_makes_the_outcome(people: Prepared, tmp_path: Path) -> None:
    (job, *_) = jobs(people)
    weights = tmp_path / "weights"
    weights.write_text("one")
    first = jobs(people, weights=str(weights))[0]
    moved = tmp_path / "moved"
    moved.write_text("one")
    assert jobs(people, weights=str(moved))[0].key == first.key
    weights.write_text("two")
    others = [
        jobs(people)[1],
        jobs(people, {"kind": "leave_one_subject_out", "validation_subjects": 1})[0],
        jobs(people, calibration=REST)[0],
        jobs(people, seed=1)[0],
        jobs(people, mode="choice")[0],
        jobs(people, perturbations=[{"noise_db": 3.0}])[0],
        first,
        jobs(people, weights=str(weights))[0],
        job.model_copy(update={"windows": "x"}),
        job.model_copy(update={"versions": {"numpy": "0"}}),
        job.model_copy(update={"code": "x"}),
    ]
    assert len({job.key, *(other.key for other in others)}) == len(others) + 1
    assert job.model_copy(update={"model": "Another name"}).key == job.key
    assert job.model_copy(update={"data": {"kind": "six_people", "folder": "elsewhere"}}).key == job.key
    assert jobs(people, mode="plain")[0].key == job.key
    assert Job.model_validate_json(job.model_dump_json()) == job


def test_a_job_is_refused_where_what_made_it_has_changed(people: Prepared, place: Place, tmp_path: Path) -> None:
    (job, *_) = jobs(people)
    for change, why in (
        ({"windows": "x"}, "data or the code"),
        ({"rows": "x"}, "no longer the one"),
        ({"fold": "subject 17"}, "no longer the one"),
        ({"versions": {"numpy": "0"}}, "install the same"),
        ({"code": "x"}, "other code of the estimator"),
    ):
        with pytest.raises(ModelError, match=why):
            run_job(job.model_copy(update=change), place)
    weights = tmp_path / "weights"
    weights.write_text("one")
    weighted = jobs(people, weights=str(weights))[0]
    weights.write_text("two")
    with pytest.raises(ModelError, match=r"weights = .* is not the file"):
        run_job(weighted, place)
    with pytest.raises(ModelError, match="not a number"):
        run_job(jobs(people, mode="nan")[0], place)
    with pytest.raises(ConfigError, match="alpha_power"):
        jobs(people, mode="best")
