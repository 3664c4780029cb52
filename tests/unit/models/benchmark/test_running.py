from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.benchmark.job import Job, Place
from models.benchmark.predictions import Predictions
from models.benchmark.running import run, run_one
from models.benchmark.store import Store
from models.benchmark.windows import Prepared
from pipelines.errors import ConfigError, DeviceError
from tests.unit.models.benchmark.benchmark_jobs import jobs
from tests.unit.models.benchmark.test_job import same

REST = {"kind": "rest", "rest_s": 12.0}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "x.sqlite") as opened:
        yield opened


def some_jobs(people: Prepared) -> list[Job]:
    return [*jobs(people, mode="plain", wait_s=0.2), *jobs(people, calibration=REST, mode="adaptive", wait_s=0.2)]


def equal(one: Store, other: Store) -> int:
    first, second = list(one.results()), list(other.results())
    assert [job.key for job, _ in first] == [job.key for job, _ in second]
    for (_, a), (_, b) in zip(first, second, strict=True):
        same(a, b)
    return len(first)


def test_what_is_known_is_not_run_again(people: Prepared, place: Place, store: Store) -> None:
    made = jobs(people)
    told: list[str] = []
    first = run(made[:4], store, place, tell=told.append)
    assert (first.n_done, first.n_known, first.failed) == (4, 0, [])
    assert told[0] == "1 of 4: six_people, leave_one_subject_out, calibration none, alpha_power, seed 0, subject 00"
    second = run(made + made, store, place)
    assert (second.n_done, second.n_known) == (2, 4)
    assert store.keys() == {job.key for job in made}


def test_a_failure_is_told_and_the_others_go_on(people: Prepared, place: Place, store: Store) -> None:
    told: list[str] = []
    made = [*jobs(people, mode="raises")[:1], *jobs(people)[:2]]
    summary = run(made, store, place, tell=told.append)
    assert summary.n_done == 2
    ((job, why),) = summary.failed
    assert job == made[0]
    assert why == "LinAlgError: singular"
    assert any(line.endswith("FAILED: LinAlgError: singular") for line in told)
    assert run(made, store, place).failed == summary.failed


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interruption_keeps_what_is_done(people: Prepared, place: Place, store: Store, workers: int) -> None:
    made = jobs(people)

    def interrupt(message: str) -> None:
        if message.startswith("3 of"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(made, store, place, workers=workers, tell=interrupt)
    assert len(store.keys()) == 3
    assert run(made, store, place).n_done == 3


def test_two_processes_give_what_one_gives(people: Prepared, place: Place, store: Store, tmp_path: Path) -> None:
    made = some_jobs(people)
    run(made, store, place)
    with Store(tmp_path / "two.sqlite") as two:
        run(made, two, place, workers=2)
        assert equal(store, two) == 12


@pytest.mark.slow
def test_a_worker_killed_half_way_changes_nothing(people: Prepared, place: Place, store: Store, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    made = some_jobs(people)
    run(made, store, place)
    killed: list[int] = []
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as cluster,
        Store(tmp_path / "dask.sqlite") as by_dask,
    ):

        def kill_one(message: str) -> None:
            if message.startswith("4 of"):
                killed.append(cluster.workers[0].pid)
                os.kill(killed[0], signal.SIGKILL)

        summary = run(made, by_dask, place, engine="dask", address=cluster.scheduler_address, tell=kill_one)
        assert len(killed) == 1
        assert (summary.n_done, summary.failed) == (12, [])
        assert equal(store, by_dask) == 12


@pytest.mark.slow
def test_a_cluster_that_runs_the_same_for_others(people: Prepared, place: Place, store: Store, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    made = jobs(people)
    run(made, store, place)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as cluster,
        distributed.Client(cluster) as other,
        Store(tmp_path / "dask.sqlite") as by_dask,
    ):
        # The other one counts its jobs in another order; the cluster runs each once, and answers both.
        theirs = [
            other.submit(run_one, number, job.model_dump_json(), place, key=job.key, pure=False)
            for number, job in enumerate(made[::-1])
        ]
        distributed.wait(theirs)
        assert run(made, by_dask, place, engine="dask", address=cluster.scheduler_address).n_done == len(theirs)
        assert equal(store, by_dask) == 6


@pytest.mark.slow
def test_a_local_cluster_of_its_own(people: Prepared, place: Place, store: Store) -> None:
    pytest.importorskip("distributed")
    assert run(jobs(people)[:3], store, place, engine="dask", workers=1).n_done == 3


def test_what_cannot_run_is_refused(people: Prepared, place: Place, store: Store) -> None:
    with pytest.raises(ConfigError, match="workers = 0"):
        run(jobs(people), store, place, workers=0)


@pytest.mark.slow
def test_a_scheduler_that_is_not_there(people: Prepared, place: Place, store: Store) -> None:
    pytest.importorskip("distributed")
    with pytest.raises(DeviceError, match="no Dask scheduler answers"):
        run(jobs(people), store, place, engine="dask", address="tcp://127.0.0.1:1")


def test_predictions_are_plain_arrays(people: Prepared, place: Place, store: Store) -> None:
    run(jobs(people)[:1], store, place)
    ((_, found),) = store.results()
    assert isinstance(found, Predictions)
    assert not any(values.dtype.hasobject for values in (found.rows, found.people, found.truth))
