"""``bci-app bench``: which decoder is better, for whom, and by how much."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

bench = typer.Typer(no_args_is_help=True, help="Measure decoders on data sets, with intervals and baselines.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder of results and report; none: out/bench/SUITE.")]
Data = Annotated[Path, typer.Option(envvar="BCI_APP_DATA", help="Folder in which each data set has one of its own.")]
Cache = Annotated[Path | None, typer.Option(help="Folder of prepared windows; none: the user's cache.")]
Smoothing = Literal["none", "exponential", "k_of_n"]
Folder = Annotated[Path, typer.Argument(help="Folder of the data set.")]


@bench.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List data sets, models, settings and suites."""
    from bci_app import bench_verbs

    bench_verbs.show_list(as_json=as_json)


@bench.command()
def run(
    suite: Annotated[str, typer.Argument(help="Suite file (TOML), or the name of a shipped one.")],
    *,
    data: Data = Path(),
    out: Out = None,
    cache: Cache = None,
    engine: Annotated[str, typer.Option(help="joblib, or dask for a cluster.")] = "joblib",
    workers: Annotated[int, typer.Option(help="Processes on this machine.", min=1)] = 1,
    address: Annotated[str, typer.Option(help="Address of a Dask scheduler.")] = "",
    as_json: AsJson = False,
) -> None:
    """Run a suite; what is known already is not run again, and Ctrl-C keeps what is done."""
    from bci_app import bench_verbs

    if engine not in ("joblib", "dask"):
        raise typer.BadParameter(f"--engine {engine}: joblib or dask")
    chosen: Literal["joblib", "dask"] = "dask" if engine == "dask" else "joblib"
    bench_verbs.run_suite(
        suite, data, out, cache, engine=chosen, workers=workers, address=address, as_json=as_json
    )  # fmt: skip


@bench.command()
def online(
    suite: Annotated[str, typer.Argument(help="Suite file (TOML), or the name of a shipped one.")] = "",
    *,
    data_set: Annotated[str, typer.Option(help="Instead of a suite: kind of the data set.")] = "",
    estimator: Annotated[str, typer.Option(help="Instead of a suite: kind of the estimator.")] = "",
    recipe: Annotated[str, typer.Option(help="How windows are made: default, cbramod_eegmat, …")] = "default",
    folds: Annotated[int | None, typer.Option(help="Folds of people; none: one person left out.", min=2)] = None,
    rest_s: Annotated[float | None, typer.Option(help="Calibrate on so much rest (s).", min=0.1)] = None,
    labelled: Annotated[int | None, typer.Option(help="Calibrate on so many trials of a class.", min=1)] = None,
    hop_s: Annotated[float, typer.Option(help="Step between decisions (s).", min=0.01)] = 0.5,
    smoothing: Annotated[Smoothing, typer.Option(help="How decisions are steadied.")] = "none",
    data: Data = Path(),
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Replay recordings of people left out through the live engine: windows are not aligned to trials."""
    from bci_app import online_verb
    from bci_app.pseudo_online import Live
    from models.benchmark.suite import read
    from pipelines.smoothing import SmoothingSettings

    if suite:
        chosen = read(suite)
    else:
        chosen = online_verb.one_case(
            data_set, estimator, recipe, n_folds=folds, rest_s=rest_s, labelled=labelled
        )  # fmt: skip
    online_verb.run_online(chosen, data, cache, Live(hop_s, SmoothingSettings(mode=smoothing)), as_json=as_json)


@bench.command()
def report(
    suite: Annotated[str, typer.Argument(help="Suite file (TOML), or the name of a shipped one.")],
    *,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Write the report of what a suite has come to so far: Markdown, HTML, JSON and figures."""
    from bci_app import bench_verbs

    bench_verbs.report_suite(suite, out, as_json=as_json)


@bench.command()
def eegmat(folder: Folder, *, as_json: AsJson = False) -> None:
    """Measure the workload decoders on EEGMAT, leaving one subject out."""
    from bci_app import accuracy_verbs

    accuracy_verbs.bench_eegmat(folder, as_json=as_json)


@bench.command()
def ssvep(folder: Folder, *, as_json: AsJson = False) -> None:
    """Measure the untrained SSVEP decoder on SSVEP-Exoskeleton."""
    from bci_app import accuracy_verbs

    accuracy_verbs.bench_ssvep(folder, as_json=as_json)


@bench.command()
def csbrain(
    *,
    shape: Annotated[list[str] | None, typer.Option(help="Electrodes x seconds, such as 20x5; none: all.")] = None,
    rounds: Annotated[int, typer.Option(help="Blocks of four passes.", min=1)] = 5,
    as_json: AsJson = False,
) -> None:
    """Measure how fast CSBrain decides: plain, fused, and the processor's ceiling."""
    from bci_app import speed_verbs

    speed_verbs.bench_csbrain(shape or [], rounds, as_json=as_json)


@bench.command()
def unimind(
    *,
    data: Data = Path(),
    simulated: Annotated[Path | None, typer.Option(help="Folder made by benchmarks.simulated_tasks.")] = None,
    out: Out = None,
    cache: Cache = None,
    rounds: Annotated[int, typer.Option(help="In each, one fold of every task judges.", min=1)] = 1,
    limit: Annotated[int | None, typer.Option(help="At most so many windows of a task teach.", min=2)] = None,
    task: Annotated[list[str] | None, typer.Option(help="Task card; again for more; none: all with data.")] = None,
    settings: Annotated[Path | None, typer.Option(help="How UniMind is trained (TOML).")] = None,
    overrides: Annotated[list[str] | None, typer.Option("--set", help="Override a setting of the training.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure UniMind of all tasks beside UniMind of one, a CSBrain head and the classical decoder of each task."""
    from bci_app import unimind_verb

    unimind_verb.bench_unimind(
        data, simulated, out, cache, rounds, limit, task or (), settings, overrides or (), as_json=as_json
    )


@bench.command()
def fmri(
    studies: Annotated[list[str] | None, typer.Argument(help="Which studies; none: all that can be run.")] = None,
    *,
    data: Annotated[Path | None, typer.Option(help="Folder in which each data set has one of its own.")] = None,
    seeds: Annotated[int | None, typer.Option(help="Worlds drawn, or ways of cutting.", min=1)] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of reports; none: out/bench/fmri.")] = None,
    changes: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE of a study's settings.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure encoders and aligners of fMRI, simulated and real, and the same aligners on EEG."""
    from bci_app import fmri_verbs

    fmri_verbs.bench_fmri(studies or [], data, seeds, out, changes or [], as_json=as_json)


@bench.command()
def spikes(
    problems: Annotated[list[str] | None, typer.Argument(help="Problems; none: those that need no recordings.")] = None,
    *,
    data: Data = Path(),
    out: Annotated[Path, typer.Option("--out", help="Folder of results and figures.")] = Path("out/bench/spikes"),
    row: Annotated[list[str] | None, typer.Option(help="Only these rows; none: all.")] = None,
    seeds: Annotated[int, typer.Option(help="How many seeds.", min=1)] = 5,
    as_json: AsJson = False,
) -> None:
    """Measure models of populations of neurons on animals they never saw: simulations and two pairs of monkeys."""
    from bci_app import spike_bench_verb

    spike_bench_verb.bench_spikes(problems or [], data, out, row or [], seeds, as_json=as_json)
