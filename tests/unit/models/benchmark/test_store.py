from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from models.benchmark.job import Place, run_job
from models.benchmark.store import Store
from models.benchmark.windows import Prepared
from pipelines.errors import ModelError, RecordingError
from tests.unit.models.benchmark.benchmark_jobs import jobs
from tests.unit.models.benchmark.test_job import same


def test_what_is_stored_comes_back(people: Prepared, place: Place, tmp_path: Path) -> None:
    path = tmp_path / "results" / "x.sqlite"
    made = jobs(people, perturbations=[{"noise_db": 0.0}])[:2]
    found = [run_job(job, place) for job in made]
    with Store(path) as store:
        assert store.keys() == set()
        for job, one in zip(made, found, strict=True):
            store.put(job, one)
    with Store(path) as store, Store(path) as reader:
        assert reader.keys() == {job.key for job in made}
        back = dict(zip([job.key for job, _ in reader.results()], reader.results(), strict=True))
        for job, one in zip(made, found, strict=True):
            assert back[job.key][0] == job
            same(back[job.key][1], one)
            assert back[job.key][1].fit_s == one.fit_s
        assert [job for job, _ in store.results([made[1].key, "unknown"])] == [made[1]]


def test_a_result_is_kept_not_replaced(people: Prepared, place: Place, tmp_path: Path) -> None:
    (job, *_) = jobs(people)
    first, second = run_job(job, place), run_job(job, place)
    with Store(tmp_path / "x.sqlite") as store, Store(tmp_path / "x.sqlite") as other:
        store.put(job, first)
        other.put(job, second)
        ((_, kept),) = store.results()
        assert kept.fit_s == first.fit_s


def test_what_is_wanted_is_told_under_its_name_of_today(people: Prepared, place: Place, tmp_path: Path) -> None:
    made = jobs(people)[:3]
    with Store(tmp_path / "x.sqlite") as store:
        for job in made[:2]:
            store.put(job, run_job(job, place))
        assert store.wanted() == []
        store.want(made)
        assert [job for job, _ in store.wanted()] == made[:2]
        renamed = [job.model_copy(update={"model": name}) for job in made[1:] for name in ("one", "other")]
        store.want(renamed)
        assert [job.model for job, _ in store.wanted()] == ["one", "other"]
        assert {found.key for _, found in store.wanted()} == {made[1].key}


def test_a_store_of_before_takes_what_is_wanted(people: Prepared, place: Place, tmp_path: Path) -> None:
    (job, *_) = jobs(people)
    with Store(tmp_path / "x.sqlite") as store:
        store.put(job, run_job(job, place))
    with closing(sqlite3.connect(tmp_path / "x.sqlite")) as connection, connection:
        connection.execute("DROP TABLE wanted")
    with Store(tmp_path / "x.sqlite") as store:
        assert store.wanted() == []
        assert [found for found, _ in store.results()] == [job]


def test_the_result_of_another_job_is_refused(people: Prepared, place: Place, tmp_path: Path) -> None:
    one, other, *_ = jobs(people)
    with Store(tmp_path / "x.sqlite") as store:
        with pytest.raises(ModelError, match="subject 01: got the result of another job"):
            store.put(other, run_job(one, place))
        assert store.keys() == set()


def test_a_result_is_there_whole_or_not_at_all(people: Prepared, place: Place, tmp_path: Path) -> None:
    (job, *_) = jobs(people)
    found = run_job(job, place)
    with Store(tmp_path / "x.sqlite") as store:
        with closing(sqlite3.connect(tmp_path / "x.sqlite")) as saboteur, saboteur:
            saboteur.execute("CREATE TRIGGER stop BEFORE INSERT ON arrays WHEN NEW.name = 'truth' "
                             "BEGIN SELECT raise(ABORT, 'disk full'); END")  # fmt: skip
        with pytest.raises(RecordingError, match="disk full"):
            store.put(job, found)
        assert store.keys() == set()


def damaged(path: Path, how: str) -> None:
    if how == "foreign":
        path.write_text("subject,score\n00,0.5\n" * 100)
    elif how == "other database":
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE x (y)")
    elif how == "folder":
        path.mkdir()
    elif how == "newer":
        Store(path).close()
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA user_version = 99")
    else:
        Store(path).close()
        path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("foreign", "file is not a database"),
        ("other database", "no store of results"),
        ("folder", "unable to open"),
        ("newer", "version 99 of the store, this program reads 1"),
        ("cut", "name another file"),
    ],
)
def test_a_file_that_is_no_store_is_refused(tmp_path: Path, how: str, why: str) -> None:
    path = tmp_path / "x.sqlite"
    damaged(path, how)
    with pytest.raises(RecordingError, match=why) as caught:
        Store(path)
    assert str(path) in str(caught.value)


def test_a_damaged_value_is_told(people: Prepared, place: Place, tmp_path: Path) -> None:
    (job, *_) = jobs(people)
    path = tmp_path / "x.sqlite"
    with Store(path) as store:
        store.put(job, run_job(job, place))
        for dtype in ("|O", "<f8"):
            with closing(sqlite3.connect(path)) as other, other:
                other.execute("UPDATE arrays SET dtype = ?, content = x'00' WHERE name = 'truth'", (dtype,))
            with pytest.raises(RecordingError, match="no usable store"):
                list(store.results())
    assert np.dtype("|O").hasobject
