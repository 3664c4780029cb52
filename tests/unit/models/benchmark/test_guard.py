from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mne
import numpy as np
import pytest

from models.benchmark.cutting import content_sha256
from models.benchmark.folds import Fold, Rows
from models.benchmark.guard import check
from models.benchmark.settings import CrossSubject, NoCalibration, folds_of
from models.benchmark.windows import REST, TRIAL, Prepared
from pipelines.errors import DataLeak
from pipelines.signal import make_chunk


def rows(people: Prepared, **values: object) -> Rows:
    keep = people.table["role"] == TRIAL
    for column, value in values.items():
        keep &= np.isin(people.table[column], value)
    return np.flatnonzero(keep)


def test_a_clean_fold_passes(people: Prepared) -> None:
    for unit in ("subject", "session", "run", "trial"):
        check(people, Fold("x", rows(people, subject=["00", "01"]), rows(people, subject="02")), unit)


def test_a_published_split_that_leaks_is_refused(people: Prepared) -> None:
    with pytest.raises(DataLeak, match=r"same window is on two sides: train has subject 02, session 1, run 1, 12\."):
        folds_of(CrossSubject(split="leaking", validation_share=0), NoCalibration(), people, 0)


def test_the_same_window_on_two_sides(people: Prepared) -> None:
    one = rows(people, subject="00")
    with pytest.raises(DataLeak, match=r"same window.*train has subject 00.*\(row 6\); test has .*\(row 6\)"):
        check(people, Fold("x", one, one[:3]), "trial")


@pytest.mark.parametrize(
    ("unit", "train", "test"),
    [
        ("subject", {"subject": "00", "session": "1"}, {"subject": "00", "session": "2"}),
        ("session", {"subject": "00", "session": "1", "run": "1"}, {"subject": "00", "session": "1", "run": "2"}),
        ("run", {"subject": "00", "session": "1", "run": "1", "trial": 0},
         {"subject": "00", "session": "1", "run": "1", "trial": 1}),
    ],
)  # fmt: skip
def test_a_unit_on_two_sides(people: Prepared, unit: str, train: dict[str, object], test: dict[str, object]) -> None:
    fold = Fold("x", rows(people, **train), rows(people, **test))
    with pytest.raises(DataLeak, match=f"same {unit} is on two sides"):
        check(people, fold, unit)
    check(people, fold, "trial")


def test_a_divided_trial(people: Prepared) -> None:
    first, second = rows(people, subject="00", session="1", run="1", trial=3)
    with pytest.raises(DataLeak, match="same trial"):
        check(people, Fold("x", np.array([first]), np.array([second])), "trial")


def test_validation_counts_as_a_side(people: Prepared) -> None:
    fold = Fold("x", rows(people, subject="00"), rows(people, subject="01"), rows(people, subject="01", session="2"))
    with pytest.raises(DataLeak, match="test has"):
        check(people, fold, "subject")


def test_windows_that_share_a_moment(people: Prepared) -> None:
    table = np.array(people.table)
    of_run = rows(people, subject="00", session="1", run="1")
    table["start_s"][of_run[4:]] -= 1.5
    table["stop_s"][of_run[4:]] -= 1.5
    moved = replace(people, table=table)
    with pytest.raises(
        DataLeak, match=r"share a moment: train has .* 18\.000-20\.000 s.*; test has .* 18\.500-20\.500"
    ):
        check(moved, Fold("x", of_run[:4], of_run[4:]), "trial")


def test_rest_that_also_teaches(people: Prepared) -> None:
    rest = np.flatnonzero((people.table["role"] == REST) & (people.table["subject"] == "00"))
    table = np.array(people.table)
    trial = rows(people, subject="00")[0]
    table["start_s"][trial], table["stop_s"][trial] = 1.0, 3.0
    with pytest.raises(DataLeak, match="share a moment"):
        check(
            replace(people, table=table),
            Fold("x", rows(people, subject="00"), rows(people, subject="01"), rest=rest),
            "subject",
        )


def test_one_recording_under_two_names(people: Prepared) -> None:
    contents = list(people.contents)
    recording = people.table["recording"]
    of_first = int(recording[rows(people, subject="00", session="2", run="1")[0]])
    of_second = int(recording[rows(people, subject="03", session="1", run="2")[0]])
    contents[of_second] = contents[of_first]
    doubled = replace(people, contents=tuple(contents))
    fold = Fold("x", rows(people, subject="00"), rows(people, subject="03"))
    check(people, fold, "subject")
    for unit in ("subject", "session", "run", "trial"):
        with pytest.raises(
            DataLeak, match=r"under two names.*subject 00, session 2, run 1.*subject 03, session 1, run 2"
        ):
            check(doubled, fold, unit)
    check(doubled, Fold("x", rows(people, subject="00"), rows(people, subject=["01", "02"])), "subject")
    one_side = Fold("x", rows(people, subject=["00", "03"]), rows(people, subject="01"))
    check(doubled, one_side, "subject")


@pytest.mark.shared
def test_a_session_of_ssvep_exo_is_recognised_in_both_its_containers(shared_data: Path) -> None:
    def content(name: str, read: Callable[..., Any], factor: float = 1.0) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # file names outside MNE's conventions
            rows = read(shared_data / "ssvep_exo" / name, preload=True, verbose="error").get_data()[:8].T
        return content_sha256((make_chunk(rows * factor, np.arange(len(rows)) / 256.0, 0),))

    fif, gdf = mne.io.read_raw_fif, mne.io.read_raw_gdf
    first = content("subject03/record-[2012.07.11-15.25.23]_raw.fif", fif)
    assert content("subject03/record-[2012.07.11-15.25.23].gdf", gdf, 1e6) == first
    second = content("subject03/record-[2012.07.11-15.33.08]_raw.fif", fif)
    assert content("subject07/record-[2012.07.11-15.33.08]_raw.fif", fif) == second != first
