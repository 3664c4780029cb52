"""Behind ``bci-app bench list | run | report``: run a suite, show progress, print and write what came out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import pooch
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from models.benchmark import suite
from models.benchmark.job import Job, Place
from models.benchmark.metrics import METRICS
from models.benchmark.predictions import Predictions
from models.benchmark.results import Row, rows_of
from models.benchmark.running import Engine, Summary
from models.benchmark.running import run as run_jobs
from models.benchmark.settings import Setting
from models.benchmark.store import Store
from models.benchmark.suite import Suite
from pipelines.errors import BciError, ModelError
from pipelines.plugins import load, names

OUT = Path("out") / "bench"
STORE = "results.sqlite"
SETTINGS = get_args(get_args(Setting)[0])


def show_list(*, as_json: bool) -> None:
    """Print what there is to choose from."""
    found: dict[str, Any] = {
        "datasets": [_data_set(kind) for kind in names("datasets")],
        "estimators": [_estimator(kind) for kind in names("estimators")],
        "settings": [_first_line(table.__doc__) | {"kind": table.model_fields["kind"].default} for table in SETTINGS],
        "suites": [_suite(name) for name in suite.shipped()],
    }
    if as_json:
        print(json.dumps(found))  # noqa: T201
        return
    for title, entries in found.items():
        table = Table(title, "about", title_justify="left")
        for entry in entries:
            table.add_row(escape(entry["kind"]), escape(entry.get("about", "")))
        Console().print(table)


def _data_set(kind: str) -> dict[str, Any]:
    module = load("datasets", kind)
    about = module.build(module.Settings()).about
    return {
        "kind": kind,
        "about": f"{about.title}: {_counted(about.n_subjects)}, {len(about.channels)} channels, {about.paradigm}",
        "access": about.access,
        "licence": about.licence,
        "how_to_get": about.how_to_get,
    }


def _estimator(kind: str) -> dict[str, Any]:
    try:
        return _first_line(load("estimators", kind).__doc__) | {"kind": kind}
    except BciError as exc:
        return {"kind": kind, "about": str(exc)}


def _suite(name: str) -> dict[str, Any]:
    try:
        return {"kind": name, "about": suite.read(name).description}
    except BciError as exc:  # a model of it needs a package that is not installed
        return {"kind": name, "about": str(exc)}


def _counted(n_people: int) -> str:
    return "1 person" if n_people == 1 else f"{n_people} people"


def _first_line(text: str | None) -> dict[str, Any]:
    return {"about": (text or "").strip().partition("\n")[0]}


def run_suite(
    name: str,
    data: Path,
    out: Path | None,
    cache: Path | None,
    *,
    engine: Engine,
    workers: int,
    address: str,
    as_json: bool,
) -> None:
    """Run what has no result yet, then print and write the report.

    Raises
    ------
    BciError
        If the suite is wrong, data are missing, or a fold leaks.
    ModelError
        If jobs failed, after the report of the others was written; each is named.
    """
    chosen = suite.read(name)
    folder = out or OUT / chosen.name
    place = Place(data.absolute(), (cache or Path(pooch.os_cache("bci_app")) / "windows").absolute())
    with _progress() as progress, Store(folder / STORE) as store:
        jobs = _jobs(progress, chosen, place)
        store.want(jobs)
        summary = _run(progress, jobs, store, place, engine=engine, workers=workers, address=address)
        found = store.wanted()
    if found:
        _report(chosen, name, found, folder, as_json=as_json)
    if summary.failed:
        reasons = "\n".join(f"{j}: {why}" for j, why in summary.failed)
        raise ModelError(f"{len(summary.failed)} of {len(jobs)} jobs failed; the others are stored:\n{reasons}")


def _jobs(progress: Progress, chosen: Suite, place: Place) -> list[Job]:
    task = progress.add_task("preparing", total=None)
    jobs = suite.jobs_of(chosen, place, lambda text: progress.update(task, description=text))
    progress.remove_task(task)
    return jobs


def _run(
    progress: Progress, jobs: list[Job], store: Store, place: Place, *, engine: Engine, workers: int, address: str
) -> Summary:
    known = len({j.key for j in jobs} & store.keys())
    task = progress.add_task("jobs", total=len({j.key for j in jobs}), completed=known)

    def tell(text: str) -> None:
        progress.update(task, advance=1, description=text.partition(": ")[2][:80])

    return run_jobs(jobs, store, place, engine=engine, workers=workers, address=address, tell=tell)


def report_suite(name: str, out: Path | None, *, as_json: bool) -> None:
    """Write the report of the results that are there.

    Raises
    ------
    ModelError
        If there are none.
    """
    chosen = suite.read(name)
    folder = out or OUT / chosen.name
    if not (folder / STORE).is_file():
        raise ModelError(f"{folder / STORE}: no results yet: run 'bci-app bench run {name}' first")
    with Store(folder / STORE) as store:
        # A store of an earlier version does not say what was wanted.
        found = store.wanted() or list(store.results())
    if not found:
        raise ModelError(f"{folder / STORE}: holds no results: run 'bci-app bench run {name}' again")
    _report(chosen, name, found, folder, as_json=as_json)


def _report(chosen: Suite, name: str, found: list[tuple[Job, Predictions]], folder: Path, *, as_json: bool) -> None:
    from models.benchmark import report  # draws with matplotlib

    rows = rows_of(found)
    command = f"bci-app bench run {name} --data FOLDER"
    written = report.write(rows, folder, chosen.name, chosen.description, [command])
    values = {"suite": chosen.name, "rows": [row.as_dict() for row in rows]}
    (folder / "report.json").write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    if as_json:
        print(json.dumps(values))  # noqa: T201
        return
    for table in _tables(rows):
        Console().print(table)
    Console().print(f"{len(written) + 1} files in {folder}: report.md, report.html, report.json, figures", markup=False)


def _tables(rows: list[Row]) -> Iterator[Table]:
    """Yield one table for each condition."""
    conditions = list(dict.fromkeys(row.condition for row in rows))
    for condition in conditions:
        group = [row for row in rows if row.condition == condition]
        first = group[0]
        title = f"{condition} ({_counted(len(first.people))}, chance {first.chance():.2f})"
        table = Table("model", METRICS[first.primary].title, "95 % over people", "decision (ms)", title=escape(title))
        for row in group:
            low, high = row.interval(row.primary)
            span = f"{low:.3f} – {high:.3f}" if low == low else "–"  # NaN is not itself
            mean = row.mean(row.primary)
            table.add_row(escape(row.title), f"{mean:.3f}" if mean == mean else "–", span, f"{row.latency_ms:.2f}")
        yield table


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show progress on standard error, so that standard output stays clean for ``--json``."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        yield progress
