"""Behind ``bci-app train`` and ``bci-app bench``: run, show progress, print or write the figures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from models.benchmark import eegmat
from models.benchmark.ssvep import ssvep_accuracy
from models.checkpoints import Card, Training, save, spec_table
from models.datasets.eegmat import CHANNELS, CLASSES, EegMat
from models.datasets.ssvep_exo import SsvepExo
from models.decoder import DecoderSpec
from models.statistics import interval
from models.training import workload
from models.training.held_out import Scores, fit_head
from pipelines.errors import ConfigError

TRAINABLE: tuple[workload.Model, ...] = ("bandpower", "riemann")
CAUTION = (
    "Rest and task are separate recordings, so drift and electrode state follow the label. The recordings were cleaned "
    "of blinks by ICA; a live stream is not. Bands and penalties were chosen looking at these same people"
)


@contextmanager
def _telling() -> Iterator[Callable[[str], None]]:
    """Show what is being done on standard error, so that standard output stays clean for ``--json``."""
    with Console(stderr=True).status("reading") as status:
        yield status.update


def train_workload(folder: Path, out: Path, kind: str) -> None:
    """Train one workload decoder on all subjects there, judge it leave-one-subject-out, and write the checkpoint.

    Raises
    ------
    ConfigError
        If there is no such decoder to train.
    RecordingError
        If the folder does not hold EEGMAT.
    """
    model = next((m for m in TRAINABLE if m == kind), None)
    if model is None:
        raise ConfigError(f"train: {kind!r} cannot be trained here; known are {', '.join(TRAINABLE)}")
    data = EegMat(folder)
    judged = tuple(dict.fromkeys(("raw", "bandpower", model)))
    with _telling() as tell:
        scores, variants = eegmat.compare(data, judged, tell)
        tell("all subjects")
        everybody = eegmat.people(workload.read_recordings(data, tell), model)
        head = fit_head(everybody, eegmat.REGULARISATION[model])
    spec = DecoderSpec(
        model_id=f"workload-{model}-1",
        classes=CLASSES,
        window_s=workload.WINDOW_S,
        rate_hz=workload.RATE_HZ,
        channels=CHANNELS,
        pipeline=workload.STAGES,
        calibration_s=workload.REST_S,
        hop_s=0.5,
        summary=f"rest against mental arithmetic; EEGMAT, {len(everybody)} people; relative to the person's own rest",
    )
    card = Card(
        kind=model,
        spec=spec_table(spec),
        settings={"bands_hz": [list(band) for band in workload.BANDS_HZ], "n_tapers": workload.N_TAPERS},
        calibration=head.calibration.to_dict(),
        training=_training(data, model),
        metrics={
            "protocol": str(eegmat.__doc__),
            "models": _figures(scores),
            f"{model}, otherwise": _figures(variants),
        },
        summary=f"{spec.summary}. {CAUTION}.",
    )
    save(out, card, {"weights": head.weights, "bias": np.array([head.bias])})
    Console().print(_eegmat_table(scores), _variants_table(model, variants), f"written to {out}")


def _training(data: EegMat, model: str) -> Training:
    keys = data.keys()
    files = [path for key in keys for path in data.files(key)]
    return Training(
        dataset="EEGMAT (PhysioNet eegmat 1.0.0, ODC-By 1.0)",
        subjects=tuple(dict.fromkeys(key.subject for key in keys)),
        files={path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        commands=(f"bci-app train {model} FOLDER OUT",),
    )


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
        print(json.dumps({"models": _figures(scores), "riemann, otherwise": _figures(variants)}))  # noqa: T201
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


def _figures(scores: Mapping[str, Scores]) -> dict[str, Any]:
    figures = {}
    for name, s in scores.items():
        low, high = interval(s.balanced_accuracy)
        by_subject = zip(s.subjects, s.balanced_accuracy, strict=True)
        figures[name] = {
            "balanced_accuracy": round(float(s.balanced_accuracy.mean()), 4),
            "interval_95": [round(low, 4), round(high, 4)],
            "auroc": round(float(s.auroc.mean()), 4),
            "chance": 0.5,
            "by_subject": {f"{subject:02d}": round(float(value), 4) for subject, value in by_subject},
        }
    return figures


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
