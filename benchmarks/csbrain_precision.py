"""Does CSBrain decide the same in bfloat16 as in float32? The published size, on windows of EEGMAT.

Run: ``python benchmarks/csbrain_precision.py FOLDER [--json FILE]``.

Two classifiers learn from half of the people and are compared on the windows of the other half: random weights under a
line fitted to their mean tokens, and the same network trained further, all of it, for a few steps. Decisions are those
of the fused form on the CPU; times are processor time, batch 1, forms in turns, the least of many.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from torch import Tensor

from models.benchmark.preparation import prepare
from models.benchmark.recipe import named
from models.benchmark.settings.table import trial_rows
from models.csbrain.classifier import Architecture, Classifier
from models.csbrain.embedding import PATCH
from models.csbrain.fused import FusedClassifier, fuse
from models.csbrain.montages import montage_of
from models.csbrain.precision import usable
from models.datasets.eegmat import ABOUT
from models.training.fit import FitSettings, fit

PRECISIONS = ("fp32", "bf16")


def windows(folder: Path, cache: Path, every: int) -> tuple[Tensor, np.ndarray, np.ndarray, Sequence[str]]:
    """Return windows (n, channels, patches, 200) in units of 100 µV, their classes, and whether they teach."""
    prepared = prepare({"kind": "eegmat", "folder": str(folder)}, named("cbramod_eegmat", ABOUT), cache)
    rows = trial_rows(prepared)[::every]
    x = torch.from_numpy(prepared.windows(rows)) / 100.0
    teaches = prepared.table["subject"][rows].astype(int) % 2 == 0
    return x.reshape(*x.shape[:2], -1, PATCH), prepared.targets(rows), teaches, prepared.spec.names


def with_fitted_line(classifier: Classifier, x: Tensor, y: np.ndarray) -> None:
    """Put a logistic regression on the mean tokens in the place of the head."""
    tokens = (
        torch.cat([fuse(classifier.network).features(part) for part in torch.split(x, 32)]).mean(dim=(1, 2)).numpy()
    )
    mean, deviation = tokens.mean(axis=0), tokens.std(axis=0)
    line = LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000).fit((tokens - mean) / deviation, y)
    weight = line.coef_[0] / deviation
    with torch.no_grad():
        classifier.head.weight.copy_(torch.tensor(np.stack([np.zeros_like(weight), weight])))
        classifier.head.bias.copy_(torch.tensor([0.0, line.intercept_[0] - weight @ mean]))


def compared(classifier: Classifier, x: Tensor, y: np.ndarray) -> dict[str, Any]:
    """Return what both precisions say of windows, and how far that is from one another."""
    said = {}
    for precision in PRECISIONS:
        form = FusedClassifier(classifier, precision)
        said[precision] = torch.cat([form(part) for part in torch.split(x, 8)]).double()
    p = {precision: torch.softmax(scores, dim=1)[:, 1].numpy() for precision, scores in said.items()}
    exact, rounded = (p[precision] for precision in PRECISIONS)
    return {
        "windows": len(y),
        "equal_decisions": float(np.mean((exact >= 0.5) == (rounded >= 0.5))),
        "largest_difference_of_p": float(np.abs(exact - rounded).max()),
        "mean_difference_of_p": float(np.abs(exact - rounded).mean()),
        "deviation_of_p": float(exact.std()),
        "balanced_accuracy": {name: float(balanced_accuracy_score(y, q >= 0.5)) for name, q in p.items()},
    }


def least_ms(classifier: Classifier, x: Tensor, rounds: int = 30) -> dict[str, float]:
    forms = {precision: FusedClassifier(classifier, precision) for precision in PRECISIONS}
    times: dict[str, list[float]] = {precision: [] for precision in PRECISIONS}
    for number in range(rounds):
        for precision, form in forms.items():
            start = time.thread_time()
            form(x[number % len(x)].unsqueeze(0))
            times[precision].append((time.thread_time() - start) * 1e3)
    return {precision: round(min(found), 1) for precision, found in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("out") / "windows")
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--epochs", type=int, default=2, help="Of the further training; 0 leaves it out.")
    parser.add_argument("--every", type=int, default=3, help="Of the windows one in so many is used.")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if notice := usable("bf16", torch.device("cpu"))[1]:
        raise SystemExit(f"not measured: {notice}")
    x, y, teaches, names = windows(options.folder, options.cache, options.every)
    montage = montage_of(names)
    torch.manual_seed(0)
    classifier = Classifier(Architecture(regions=montage.regions, order=montage.order), 2)
    taught, tested = np.flatnonzero(teaches), np.flatnonzero(~teaches)
    with_fitted_line(classifier, x[taught], y[taught])
    found = {"random weights, fitted line": compared(classifier, x[tested], y[tested])}
    if options.epochs:
        settings = FitSettings(epochs=options.epochs, batch_size=16, learning_rate=1e-4, warmup_epochs=1)
        parameters = [p for p in classifier.parameters() if p.requires_grad]
        fit(classifier, parameters, (x[taught], torch.from_numpy(y[taught])), settings)
        found["trained further"] = compared(classifier, x[tested], y[tested])
    result = {"torch": torch.__version__, "least_ms": least_ms(classifier, x[tested]), "classifiers": found}
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
