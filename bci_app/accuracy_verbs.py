"""Behind ``bci-app bench eegmat | ssvep``: run, show progress, print the figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from models.benchmark import eegmat
from models.benchmark.ssvep import ssvep_accuracy
from models.datasets.eegmat import EegMat
from models.datasets.ssvep_exo import SsvepExo
from models.statistics import interval
from models.training.held_out import Scores
from models.training.score_table import score_table


@contextmanager
def _telling() -> Iterator[Callable[[str], None]]:
    """Show what is being done on standard error, so that standard output stays clean for ``--json``."""
    with Console(stderr=True).status("reading") as status:
        yield status.update


def bench_eegmat(folder: Path, *, as_json: bool = False) -> None:
    """Print leave-one-subject-out figures of all models, and riemann's with less rest or another reference.

    Raises
    ------
    RecordingError
        If the folder does not hold EEGMAT.
    """
    with _telling() as tell:
        scores, variants = eegmat.compare(EegMat(folder), eegmat.MODELS, tell)
    if as_json:
        print(json.dumps({"models": score_table(scores), "riemann, otherwise": score_table(variants)}))  # noqa: T201
        return
    Console().print(_eegmat_table(scores), _variants_table("riemann", variants))


def bench_ssvep(folder: Path, *, as_json: bool = False) -> None:
    """Print the accuracy of the untrained SSVEP decoder, by subject.

    Raises
    ------
    RecordingError
        If the folder does not hold the data set.
    """
    with _telling() as tell:
        accuracy = ssvep_accuracy(SsvepExo(folder), tell)
    values = np.array(list(accuracy.values()))
    low, high = interval(values)
    if as_json:
        figures = {"mean": float(values.mean()), "interval_95": [low, high], "chance": 1 / 3, "by_subject": accuracy}
        print(json.dumps(figures))  # noqa: T201
        return
    table = Table("subject", "accuracy", title="SSVEP 13/17/21 Hz, CCA, 2-5 s after the cue (chance 0.33)")
    for subject, value in accuracy.items():
        table.add_row(subject, f"{value:.2f}")
    table.add_section()
    table.add_row("mean", f"{values.mean():.3f}")
    table.add_row("95 %", f"{low:.3f}-{high:.3f}")
    Console().print(table)


def _eegmat_table(scores: Mapping[str, Scores]) -> Table:
    title = "EEGMAT, leave one subject out: balanced accuracy (chance 0.50)"
    table = Table(
        "subject", *scores, title=title, caption="rest and task are separate recordings: drift follows the label"
    )
    first = next(iter(scores.values()))
    for row, subject in enumerate(first.subjects):
        table.add_row(f"{subject:02d}", *(f"{s.balanced_accuracy[row]:.2f}" for s in scores.values()))
    table.add_section()
    table.add_row("mean", *(f"{s.balanced_accuracy.mean():.3f}" for s in scores.values()))
    table.add_row("95 %", *("{:.3f}-{:.3f}".format(*interval(s.balanced_accuracy)) for s in scores.values()))
    table.add_row("AUROC", *(f"{s.auroc.mean():.3f}" for s in scores.values()))
    return table


def _variants_table(model: str, variants: Mapping[str, Scores]) -> Table:
    table = Table("tested with", "balanced accuracy", "95 %", "AUROC", title=f"{model}, trained as above")
    for name, s in variants.items():
        low, high = interval(s.balanced_accuracy)
        table.add_row(name, f"{s.balanced_accuracy.mean():.3f}", f"{low:.3f}-{high:.3f}", f"{s.auroc.mean():.3f}")
    return table
