"""Run jobs on this machine (joblib) or on a cluster (Dask); what is known already is not run again.

Results are written by the calling process as they arrive, so that an interruption keeps what is done.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any, Literal

from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from models.benchmark.job import Job, Place, run_job
from models.benchmark.predictions import Predictions
from models.benchmark.preparation import silent
from models.benchmark.store import Store
from pipelines.errors import ConfigError, DeviceError, MissingDependency, ModelError

Engine = Literal["joblib", "dask"]
Outcome = tuple[int, Predictions | str]
"""Number of the job, and what it predicted or why it failed."""
CONNECT_S = 10
"""How long a scheduler may take to answer (s)."""


@dataclass(slots=True)
class Summary:
    """How a run went: jobs done now, known before, and failed, each with the reason."""

    n_done: int = 0
    n_known: int = 0
    failed: list[tuple[Job, str]] = field(default_factory=list)


def run(
    jobs: Sequence[Job],
    store: Store,
    place: Place,
    *,
    engine: Engine = "joblib",
    workers: int = 1,
    address: str = "",
    tell: Callable[[str], None] = silent,
) -> Summary:
    """Run the jobs that have no result yet.

    Parameters
    ----------
    jobs
        Doubles are run once.
    store
        Gets the results.
    place
        Where data and cache are; on a cluster, paths that every worker sees.
    engine
        ``joblib``: processes on this machine. ``dask``: a cluster.
    workers
        Processes on this machine.
    address
        Of a Dask scheduler; empty: a cluster of ``workers`` processes on this machine, reachable from it alone.
    tell
        Gets a line for every job.

    Raises
    ------
    ConfigError
        If the number of workers is not positive.
    ModelError
        If a worker process died and nobody could take over its job.
    DeviceError
        If the scheduler cannot be reached.
    """
    if workers < 1:
        raise ConfigError(f"workers = {workers}: at least one is needed")
    known = store.keys()
    waiting = list({job.key: job for job in jobs if job.key not in known}.values())
    summary = Summary(n_known=len({job.key for job in jobs} & known))
    outcomes = _by_joblib(waiting, place, workers) if engine == "joblib" else _by_dask(waiting, place, workers, address)
    with closing(outcomes):
        for number, found in outcomes:
            job = waiting[number]
            if isinstance(found, str):
                summary.failed.append((job, found))
            else:
                store.put(job, found)
                summary.n_done += 1
            ended = summary.n_done + len(summary.failed)
            tell(f"{ended} of {len(waiting)}: {job}" + (f": FAILED: {found}" if isinstance(found, str) else ""))
    return summary


def run_one(number: int, job: str, place: Place) -> Outcome:
    """Run one job, written as JSON, in a worker; a failure is an answer, the other jobs go on."""
    try:
        return number, run_job(Job.model_validate_json(job), place)
    except Exception as exc:  # noqa: BLE001  an estimator of another package may raise anything
        return number, f"{type(exc).__name__}: {exc}"


def _by_joblib(jobs: Sequence[Job], place: Place, workers: int) -> Generator[Outcome]:
    calls = (delayed(run_one)(number, job.model_dump_json(), place) for number, job in enumerate(jobs))
    outcomes = Parallel(n_jobs=workers, return_as="generator_unordered")(calls)
    try:
        # Not "yield from", which would close it before the warning below is silenced.
        for outcome in outcomes:  # noqa: UP028
            yield outcome
    except TerminatedWorkerError as exc:
        raise ModelError(
            "a worker process died, perhaps for want of memory; what is done is stored: start again with fewer workers"
        ) from exc
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it tells us that it drops what we have just dropped
            outcomes.close()
        if workers > 1:  # joblib would keep them for minutes, with all that they hold in memory
            get_reusable_executor().shutdown(wait=True)


def _by_dask(jobs: Sequence[Job], place: Place, workers: int, address: str) -> Generator[Outcome]:
    try:
        import distributed
    except ModuleNotFoundError as exc:
        raise MissingDependency("engine 'dask' needs dask: pip install 'bci-app[bench]'") from exc
    with ExitStack() as stack:
        client = stack.enter_context(_client(distributed, stack, workers, address))
        futures = [
            client.submit(run_one, number, job.model_dump_json(), place, key=job.key, pure=False)
            for number, job in enumerate(jobs)
        ]
        # By key: a cluster that runs the same job for somebody else answers with that one's number.
        numbers = {job.key: number for number, job in enumerate(jobs)}
        try:
            for future in distributed.as_completed(futures):
                yield numbers[future.key], _outcome(distributed, future)
        finally:
            client.cancel(futures)


def _client(distributed: Any, stack: ExitStack, workers: int, address: str) -> Any:
    where = address
    if not where:
        where = stack.enter_context(
            distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
            )
        )  # fmt: skip
    try:
        return distributed.Client(where, timeout=CONNECT_S)
    except OSError as exc:
        raise DeviceError(f"{address}: no Dask scheduler answers there: {exc}") from exc


def _outcome(distributed: Any, future: Any) -> Predictions | str:
    try:
        _, found = future.result()
    except distributed.KilledWorker as exc:
        return f"its worker died, again and again: {exc}"
    except distributed.CancelledError as exc:
        raise DeviceError("the Dask scheduler has gone; what is done is stored: start again") from exc
    outcome: Predictions | str = found
    return outcome
