"""Behind ``bci-app train`` and ``bci-app bench``: run, show progress, print or write the figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from models.benchmark.ssvep import ssvep_accuracy
from models.checkpoints import Card, Training, save, spec_table
from models.datasets.eegmat import CLASSES, EegMat
from models.decoder import DecoderSpec
from models.training import workload
from pipelines.errors import ConfigError

MODELS: tuple[workload.Model, ...] = ("raw", "bandpower", "riemann")
TRAINABLE: tuple[workload.Model, ...] = ("bandpower", "riemann")
TITLES = {"raw": "band power, no rest", "bandpower": "bandpower", "riemann": "riemann"}
REST_S = 60.0


@contextmanager
def _telling() -> Iterator[Callable[[str], None]]:
    """Show what is being done on standard error, so that standard output stays clean for ``--json``."""
    with Console(stderr=True).status("reading") as status:
        yield status.update


def _people(data: EegMat, model: workload.Model, windows: Any, rest_s: float = REST_S) -> list[workload.Person]:
    return [workload.person(windows, subject, model, rest_s) for subject in data.subjects()]


def train_workload(folder: Path, out: Path, kind: str) -> None:
    """Train one workload decoder on all subjects there, judge it leave-one-subject-out, and write the checkpoint."""
    model = next((m for m in TRAINABLE if m == kind), None)
    if model is None:
        raise ConfigError(f"train: {kind!r} cannot be trained here; known are {', '.join(TRAINABLE)}")
    data = EegMat(folder)
    with _telling() as tell:
        windows = workload.read_windows(data, tell)
        scores = {
            m: workload.leave_one_out(_people(data, m, windows), m, tell)
            for m in dict.fromkeys(("raw", "bandpower", model))
        }
        head = workload.fit_head(_people(data, model, windows), model)
    spec = DecoderSpec(
        model_id=f"workload-{model}-1",
        classes=CLASSES,
        window_s=workload.WINDOW_S,
        rate_hz=workload.RATE_HZ,
        channels=workload.CHANNELS,
        pipeline=workload.STAGES,
        calibration_s=REST_S,
        hop_s=0.5,
        summary="rest against mental arithmetic; EEGMAT, 32 people; relative to 60 s of the person's own rest",
    )
    card = Card(
        kind=model,
        spec=spec_table(spec),
        settings={"bands_hz": [list(band) for band in workload.BANDS_HZ]},
        training=Training(
            dataset="EEGMAT (PhysioNet eegmat 1.0.0, ODC-By 1.0)",
            subjects=tuple(f"{s:02d}" for s in data.subjects()),
            files={data.path(s, label).name: data.sha256(s, label) for s in data.subjects() for label in CLASSES},
            commands=(f"bci-app train {model} FOLDER OUT",),
        ),
        metrics={TITLES[m]: _figures(s) for m, s in scores.items()},
        summary=f"{spec.summary}. Caution: rest and task are separate recordings, so drift follows the label",
    )
    save(out, card, head.tensors())
    Console().print(_table(scores), f"written to {out}")


def bench_eegmat(folder: Path, *, as_json: bool) -> None:
    """Print leave-one-subject-out figures of all models, and riemann's after shorter rests."""
    data = EegMat(folder)
    with _telling() as tell:
        windows = workload.read_windows(data, tell)
        scores = {m: workload.leave_one_out(_people(data, m, windows), m, tell) for m in MODELS}
        by_rest = {}
        for rest_s in (15.0, 30.0):
            short = workload.leave_one_out(_people(data, "riemann", windows, rest_s), "riemann", tell)
            by_rest[f"riemann, {rest_s:g} s of rest"] = _figures(short)
    if as_json:
        print(json.dumps({TITLES[m]: _figures(s) for m, s in scores.items()} | by_rest))  # noqa: T201
        return
    Console().print(_table(scores))
    for name, figures in by_rest.items():
        Console().print(f"{name}: balanced accuracy {figures['balanced_accuracy']:.3f}, AUROC {figures['auroc']:.3f}")


def bench_ssvep(folder: Path, *, as_json: bool) -> None:
    """Print the accuracy of the untrained SSVEP decoder, by subject."""
    with _telling() as tell:
        accuracy = ssvep_accuracy(folder, tell)
    mean = float(np.mean(list(accuracy.values())))
    if as_json:
        print(json.dumps({"by_subject": accuracy, "mean": mean, "chance": 1 / 3}))  # noqa: T201
        return
    table = Table("subject", "accuracy", title="SSVEP 13/17/21 Hz, CCA, 2-5 s after the cue (chance 0.33)")
    for subject, value in accuracy.items():
        table.add_row(subject, f"{value:.2f}")
    table.add_row("mean", f"{mean:.3f}")
    Console().print(table)


def _figures(scores: workload.Scores) -> dict[str, Any]:
    low, high = scores.interval(scores.balanced_accuracy)
    return {
        "balanced_accuracy": round(float(scores.balanced_accuracy.mean()), 4),
        "interval_95": [round(low, 4), round(high, 4)],
        "auroc": round(float(scores.auroc.mean()), 4),
        "by_subject": {
            f"{s:02d}": round(float(v), 4) for s, v in zip(scores.subjects, scores.balanced_accuracy, strict=True)
        },
        "chance": 0.5,
    }


def _table(scores: dict[workload.Model, workload.Scores]) -> Table:
    table = Table(
        "subject", *(TITLES[m] for m in scores), title="EEGMAT, leave one subject out: balanced accuracy (chance 0.50)"
    )
    first = next(iter(scores.values()))
    for row, subject in enumerate(first.subjects):
        table.add_row(f"{subject:02d}", *(f"{s.balanced_accuracy[row]:.2f}" for s in scores.values()))
    table.add_section()
    table.add_row("mean", *(f"{s.balanced_accuracy.mean():.3f}" for s in scores.values()))
    table.add_row("95 %", *("{:.3f}-{:.3f}".format(*s.interval(s.balanced_accuracy)) for s in scores.values()))
    table.add_row("AUROC", *(f"{s.auroc.mean():.3f}" for s in scores.values()))
    return table
