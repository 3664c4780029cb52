from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from models.benchmark.folds import Fold, Rows
from models.benchmark.guard import check
from models.benchmark.settings import Calibration, Setting, folds_of
from models.benchmark.windows import REST, TRIAL, Prepared
from pipelines.errors import ConfigError, DataLeak

SETTINGS: TypeAdapter[Setting] = TypeAdapter(Setting)
CALIBRATIONS: TypeAdapter[Calibration] = TypeAdapter(Calibration)
ALL = [
    {"kind": "leave_one_subject_out"},
    {"kind": "leave_one_subject_out", "validation_subjects": 2},
    {"kind": "grouped_kfold", "n_folds": 3},
    {"kind": "cross_subject", "split": "by_people"},
    {"kind": "cross_subject", "split": "no_validation"},
    {"kind": "multi_subject"},
    {"kind": "multi_subject", "split": "by_session"},
    {"kind": "few_shot", "shots": 5},
    {"kind": "few_shot", "ratio": 0.25, "of": "window"},
    {"kind": "within_session", "n_folds": 4},
    {"kind": "cross_session"},
    {"kind": "cross_run"},
]


def folds(people: Prepared, setting: dict[str, object], seed: int = 0, **calibration: object) -> list[Fold]:
    adaptation = CALIBRATIONS.validate_python({"kind": "none"} | calibration)
    return folds_of(SETTINGS.validate_python(setting), adaptation, people, seed)


def subjects(people: Prepared, rows: Rows) -> list[str]:
    return sorted(set(people.table["subject"][rows].tolist()))


@pytest.mark.parametrize("setting", ALL, ids=str)
def test_every_setting_makes_the_same_folds_again(people: Prepared, setting: dict[str, object]) -> None:
    first, again = folds(people, setting), folds(people, setting)
    assert [fold.name for fold in first] == [fold.name for fold in again]
    assert len({fold.name for fold in first}) == len(first)
    for a, b in zip(first, again, strict=True):
        for side in ("train", "validation", "test", "rest", "labelled"):
            np.testing.assert_array_equal(getattr(a, side), getattr(b, side))
        assert (people.table["role"][np.concatenate([a.train, a.validation, a.test])] == TRIAL).all()
        assert set(people.targets(a.test)) == {0, 1}


@pytest.mark.parametrize(
    "setting",
    [ALL[0], ALL[2], {"kind": "within_session", "n_folds": 4}, {"kind": "cross_session"}, {"kind": "cross_run"}],
    ids=str,
)
def test_every_trial_judges_once(people: Prepared, setting: dict[str, object]) -> None:
    tested = np.concatenate([fold.test for fold in folds(people, setting)])
    np.testing.assert_array_equal(np.sort(tested), np.flatnonzero(people.table["role"] == TRIAL))


def test_leave_one_subject_out(people: Prepared) -> None:
    for number, fold in enumerate(folds(people, ALL[1])):
        assert fold.name == f"subject 0{number}"
        assert subjects(people, fold.test) == [f"0{number}"]
        assert len(subjects(people, fold.validation)) == 2
        everybody = [name for side in (fold.train, fold.validation, fold.test) for name in subjects(people, side)]
        assert sorted(everybody) == ["00", "01", "02", "03", "04", "05"]
        assert fold.validation_may_teach


def test_another_seed_deals_other_groups(people: Prepared) -> None:
    dealt = [[subjects(people, fold.test) for fold in folds(people, ALL[2], seed)] for seed in range(4)]
    assert any(other != dealt[0] for other in dealt[1:])


def test_published_splits(people: Prepared) -> None:
    (fold,) = folds(people, ALL[3])
    sides = [subjects(people, side) for side in (fold.train, fold.validation, fold.test)]
    assert sides == [["00", "01", "02"], ["03", "04"], ["05"]]
    assert not fold.validation_may_teach
    (fold,) = folds(people, ALL[4])
    assert len(subjects(people, fold.validation)) == 1
    assert fold.validation_may_teach
    with pytest.raises(ConfigError, match="needs subjects that are not there: 99"):
        folds(people, {"kind": "cross_subject", "split": "absent_people"})
    with pytest.raises(ConfigError, match="no split 'x'; known are: by_people"):
        folds(people, {"kind": "cross_subject", "split": "x"})


def test_multi_subject_trains_on_the_past(people: Prepared) -> None:
    (fold,) = folds(people, {"kind": "multi_subject"})
    table = people.table
    for subject in ("00", "03"):
        last = {}
        for name, rows in (("train", fold.train), ("validation", fold.validation), ("test", fold.test)):
            own = rows[(table["subject"][rows] == subject) & (table["target"][rows] == 1)]
            when = table["recording"][own] * 1000.0 + table["start_s"][own]
            last[name] = (when.min(), when.max(), len(own))
        assert last["train"][1] < last["validation"][0] < last["validation"][1] < last["test"][0]
        assert [last[name][2] for name in last] == [20, 6, 6]


def test_few_shots_count_validation_and_leave_the_test(people: Prepared) -> None:
    (whole,) = folds(people, {"kind": "multi_subject"})
    (few,) = folds(people, {"kind": "few_shot", "shots": 5})
    np.testing.assert_array_equal(few.test, whole.test)
    assert np.isin(few.train, whole.train).all()
    assert np.isin(few.validation, whole.train).all()
    # 6 people, 2 classes, 5 labels of 2 windows each, one of the five for validation.
    assert (few.train.size, few.validation.size) == (6 * 2 * 4 * 2, 6 * 2 * 1 * 2)
    (one,) = folds(people, {"kind": "few_shot", "shots": 1})
    assert (one.train.size, one.validation.size) == (24, 0)
    (quarter,) = folds(people, ALL[8])
    # A quarter of 20 windows of each subject and class: 10 trials of 2 windows teach.
    assert (quarter.train.size, quarter.validation.size) == (6 * 2 * 4, 6 * 2 * 1)
    (other,) = folds(people, {"kind": "few_shot", "shots": 5}, seed=1)
    assert other.train.tolist() != few.train.tolist()
    with pytest.raises(ConfigError, match="only 10 of 11 trials"):
        folds(people, {"kind": "few_shot", "shots": 11})
    with pytest.raises(ValidationError, match="either shots or ratio"):
        folds(people, {"kind": "few_shot"})


def test_rest_is_given_and_taken_from_all_other_sides(people: Prepared) -> None:
    table = np.array(people.table)
    # As in EEGMAT: the first stretch of rest of every subject is also a trial of a class.
    trials = np.flatnonzero((table["role"] == TRIAL) & (table["trial"] < 3) & (table["run"] == "1"))
    for columns in ("start_s", "stop_s"):
        table[columns][trials] -= 12.0
    both = replace(people, table=table)
    (plain, *_), (rested, *_) = folds(both, ALL[0]), folds(both, ALL[0], kind="rest", rest_s=6.0)
    assert subjects(both, rested.rest) == ["00", "01", "02", "03", "04", "05"]
    assert rested.rest.size == 6 * 3
    assert (table["role"][rested.rest] == REST).all()
    assert set(table["session"][rested.rest]) == {"1"}
    for name in ("train", "test"):
        gone = np.setdiff1d(getattr(plain, name), getattr(rested, name))
        assert (table["start_s"][gone] < 6.0).all()
        assert (table["session"][gone] == "1").all()
        assert gone.size == 3 * len(subjects(both, getattr(plain, name)))


def test_rest_goes_on_in_the_next_recording(people: Prepared) -> None:
    (fold, *_) = folds(people, ALL[0], kind="rest", rest_s=20.0)
    own = people.table[fold.rest[people.table["subject"][fold.rest] == "02"]]
    assert [(w["session"], w["run"]) for w in own] == [("1", "1")] * 6 + [("1", "2")] * 4
    with pytest.raises(ConfigError, match="subject 00 has 48 s of rest; rest_s = 60 asks for more"):
        folds(people, ALL[0], kind="rest", rest_s=60.0)
    with pytest.raises(ConfigError, match="is for people the decoder has not met"):
        folds(people, {"kind": "cross_run"}, kind="rest", rest_s=6.0)


def test_transductive_adaptation_gets_all_windows_and_takes_none_away(people: Prepared) -> None:
    (plain, *_), (fold, *_) = folds(people, ALL[0]), folds(people, ALL[0], kind="transductive")
    assert fold.transductive
    np.testing.assert_array_equal(fold.rest, np.sort(np.concatenate([plain.train, plain.validation, plain.test])))
    for side in ("train", "validation", "test"):
        np.testing.assert_array_equal(getattr(fold, side), getattr(plain, side))
    check(people, fold, "subject")
    with pytest.raises(DataLeak, match="same window is on two sides"):
        check(people, replace(fold, transductive=False), "subject")


def test_the_first_labelled_trials_do_not_judge(people: Prepared) -> None:
    (plain, *_), (fold, *_) = folds(people, ALL[0]), folds(people, ALL[0], kind="labelled", k=2)
    table = people.table
    assert fold.labelled.size == 2 * 2 * 2
    assert set(table["trial"][fold.labelled]) == {0, 1, 2, 3}
    assert set(table["recording"][fold.labelled]) == {0}
    np.testing.assert_array_equal(np.union1d(fold.test, fold.labelled), plain.test)
    np.testing.assert_array_equal(fold.train, plain.train)
    (few, *_) = folds(people, ALL[0], kind="labelled", k=3, of="window")
    assert few.labelled.size == 6
    with pytest.raises(ConfigError, match="k = 16 leaves none"):
        folds(people, ALL[0], kind="labelled", k=16)


def test_labelled_windows_take_those_that_overlap_them_from_the_test(people: Prepared) -> None:
    table = np.array(people.table)
    second = np.flatnonzero((table["role"] == TRIAL) & (table["start_s"] % 4 == 2))
    for columns in ("start_s", "stop_s"):
        table[columns][second] -= 1.0
    close = replace(people, table=table)
    (fold, *_) = folds(close, ALL[0], kind="labelled", k=1, of="window")
    (plain, *_) = folds(close, ALL[0])
    assert plain.test.size - fold.test.size == 4


def test_what_does_not_suit_is_refused(people: Prepared) -> None:
    with pytest.raises(
        ConfigError, match="Six people, within_session: subject 00, session 1 has a class with 8 trials"
    ):
        folds(people, {"kind": "within_session", "n_folds": 9})
    with pytest.raises(ConfigError, match="too few for 7 folds"):
        folds(people, {"kind": "grouped_kfold", "n_folds": 7})
    alone = replace(people, table=np.array(people.table))
    alone.table["session"], alone.table["run"] = "1", "1"
    for kind, why in (("cross_session", "nobody has two sessions"), ("cross_run", "no session has two runs")):
        with pytest.raises(ConfigError, match=why):
            folds(alone, {"kind": kind})
    with pytest.raises(ValidationError):
        folds(people, {"kind": "cross_run", "n_folds": 2})
    with pytest.raises(ValidationError):
        folds(people, {"kind": "crossrun"})


def test_folds_agree_with_those_of_moabb(people: Prepared) -> None:
    pytest.importorskip("moabb")
    import pandas as pd
    from moabb.evaluations.splitters import CrossSessionSplitter, CrossSubjectSplitter

    rows = np.flatnonzero(people.table["role"] == TRIAL)
    metadata = pd.DataFrame({name: people.table[name][rows] for name in ("subject", "session", "run")})
    labels = people.targets(rows)
    for kind, splitter in (
        ("leave_one_subject_out", CrossSubjectSplitter()),
        ("cross_session", CrossSessionSplitter()),
    ):
        theirs = [(rows[train].tolist(), rows[test].tolist()) for train, test in splitter.split(labels, metadata)]
        ours = [(fold.train.tolist(), fold.test.tolist()) for fold in folds(people, {"kind": kind})]
        assert sorted(ours) == sorted(theirs)


def test_windows_that_reach_into_the_next_trial_do_not_teach(people: Prepared) -> None:
    table = np.array(people.table)
    # Trials of one window each, a new one every 1.5 s.
    trials = np.flatnonzero(table["role"] == TRIAL)
    table["trial"][trials] = np.arange(trials.size)
    table["start_s"][trials] = 12.0 + 1.5 * (np.arange(trials.size) % 16)
    table["stop_s"] = table["start_s"] + 2.0
    quick = replace(people, table=table)
    for setting in (
        {"kind": "within_session", "n_folds": 4},
        {"kind": "within_session", "n_folds": 4, "shuffle": False},
    ):
        for fold in folds(quick, setting):
            for row in fold.test:
                same = table["recording"][fold.train] == table["recording"][row]
                near = np.abs(table["start_s"][fold.train] - table["start_s"][row]) < 2.0
                assert not (same & near).any()
    (fold,) = folds(quick, {"kind": "multi_subject"})
    assert fold.train.size + fold.validation.size + fold.test.size < trials.size
    folds(quick, {"kind": "few_shot", "shots": 5})
