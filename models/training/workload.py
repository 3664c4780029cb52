"""Train the workload decoder on EEGMAT: rest against mental arithmetic, relative to the person's own rest.

Training windows come from the very stages that run live, so training and serving cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

from models.cross_spectra import CrossSpectra, log_power
from models.datasets.eegmat import CLASSES, EegMat
from models.linear_head import LinearHead
from models.rest_features import RestFeatures
from pipelines.plugins import make
from pipelines.signal import Chunk, StreamSpec, copy_window
from pipelines.stage import Pipeline
from pipelines.windows import Windower

Model = Literal["raw", "bandpower", "riemann"]
RATE_HZ, WINDOW_S, HOP_S = 200.0, 5.0, 2.5
CHANNELS = (
    "Fp1",
    "Fp2",
    "F3",
    "F4",
    "F7",
    "F8",
    "T7",
    "T8",
    "C3",
    "C4",
    "P7",
    "P8",
    "P3",
    "P4",
    "O1",
    "O2",
    "Fz",
    "Cz",
    "Pz",
)
BANDS_HZ = ((1.0, 4.0), (4.0, 8.0), (8.0, 10.0), (10.0, 13.0), (13.0, 20.0), (20.0, 30.0), (30.0, 45.0))
STAGES: tuple[dict[str, Any], ...] = (
    {"kind": "nonfinite"},
    {"kind": "select", "channels": list(CHANNELS)},
    {"kind": "bad_channels"},
    {"kind": "resample", "rate_hz": RATE_HZ},
    {"kind": "notch", "freq_hz": 50.0, "q": 20.0},
    {"kind": "notch", "freq_hz": 60.0, "q": 20.0},
    {"kind": "bandpass", "low_hz": 1.0, "high_hz": 45.0},
)
REGULARISATION: dict[Model, float] = {"raw": 5e-3, "bandpower": 5e-4, "riemann": 5e-4}
INNER_FOLDS = 5
Windows = list[NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Person:
    """One person's windows after calibration: features (n_windows, n_features) and classes (n_windows,) of 0 and 1."""

    subject: int
    features: NDArray[np.float64]
    labels: NDArray[np.int64]


def live_windows(spec: StreamSpec, chunk: Chunk, hop_s: float = HOP_S) -> Windows:
    """Cut a recording into windows (n_samples, n_channels) with the live stages and the live windower."""
    pipeline = Pipeline([make("stages", table) for table in STAGES])
    delivered = pipeline.prepare(spec)
    windower = Windower(delivered, round(WINDOW_S * RATE_HZ), round(hop_s * RATE_HZ))
    return [copy_window(window).samples for window in windower.push(pipeline.process(chunk))]


def read_windows(data: EegMat, tell: Callable[[str], None]) -> dict[tuple[int, str], Windows]:
    """Return the windows of every recording, by subject and class."""
    found = {}
    for subject in data.subjects():
        tell(f"subject {subject:02d}")
        for label in CLASSES:
            found[subject, label] = live_windows(*data.read(subject, label))
    return found


def person(windows: dict[tuple[int, str], Windows], subject: int, model: Model, rest_s: float) -> Person:
    """Calibrate on the first ``rest_s`` of the rest file, and take the features of all that does not overlap it."""
    rest, task = (windows[subject, label] for label in CLASSES)
    n_calibration = max(4, int((rest_s - WINDOW_S) / HOP_S) + 1)
    # The next windows share samples with the last one of calibration.
    first_free = n_calibration + round(WINDOW_S / HOP_S) - 1
    if model == "raw":
        spectra = CrossSpectra(RATE_HZ, round(WINDOW_S * RATE_HZ), BANDS_HZ)
        vector: Callable[[NDArray[np.float32]], NDArray[np.float64]] = lambda w: log_power(spectra.powers(w)).ravel()  # noqa: E731
    else:
        features = RestFeatures(RATE_HZ, round(WINDOW_S * RATE_HZ), BANDS_HZ, tangent=model == "riemann")
        features.fit_rest(rest[:n_calibration])
        vector = features.vector
    rows = [vector(window) for window in (*rest[first_free:], *task)]
    labels = np.repeat([0, 1], [len(rest) - first_free, len(task)])
    return Person(subject, np.array(rows), labels)


def fit_head(people: Sequence[Person], model: Model) -> LinearHead:
    """Fit the linear decision, and on held-out people of the same set its slope and threshold."""
    x, y = np.vstack([p.features for p in people]), np.concatenate([p.labels for p in people])
    groups = np.concatenate([np.full(len(p.labels), p.subject) for p in people])
    logits = np.zeros(len(y))
    for train, test in GroupKFold(INNER_FOLDS).split(x, y, groups):
        weights, bias = _fit(x[train], y[train], model)
        logits[test] = x[test] @ weights + bias
    threshold = _best_threshold(logits, y, groups)
    platt = LogisticRegression(class_weight="balanced").fit((logits - threshold)[:, None], y)
    slope = float(platt.coef_[0, 0])
    weights, bias = _fit(x, y, model)
    return LinearHead(weights, bias, slope, -slope * threshold)


def _fit(x: NDArray[np.float64], y: NDArray[np.int64], model: Model) -> tuple[NDArray[np.float64], float]:
    """Return weights and bias on the features as they are (the scaler is folded in)."""
    scaler = StandardScaler().fit(x)
    fitted = LogisticRegression(C=REGULARISATION[model], class_weight="balanced", max_iter=1000).fit(
        scaler.transform(x), y
    )
    weights = fitted.coef_[0] / scaler.scale_
    return np.asarray(weights), float(fitted.intercept_[0] - weights @ scaler.mean_)


def _best_threshold(logits: NDArray[np.float64], y: NDArray[np.int64], groups: NDArray[np.int64]) -> float:
    """Threshold with the best balanced accuracy, averaged over people."""
    candidates = np.quantile(logits, np.linspace(0.1, 0.95, 86))
    people = [groups == g for g in np.unique(groups)]
    scores = [np.mean([balanced_accuracy_score(y[p], logits[p] > c) for p in people]) for c in candidates]
    return float(candidates[int(np.argmax(scores))])


@dataclass(frozen=True, slots=True)
class Scores:
    """Leave-one-subject-out figures of one model, one value a subject."""

    subjects: tuple[int, ...]
    balanced_accuracy: NDArray[np.float64]
    auroc: NDArray[np.float64]

    def interval(self, values: NDArray[np.float64], seed: int = 0, n: int = 10000) -> tuple[float, float]:
        """95 % interval of the mean, by drawing subjects with replacement."""
        rng = np.random.default_rng(seed)
        means = values[rng.integers(0, len(values), (n, len(values)))].mean(axis=1)
        low, high = np.percentile(means, [2.5, 97.5])
        return float(low), float(high)


def leave_one_out(people: Sequence[Person], model: Model, tell: Callable[[str], None]) -> Scores:
    """Train on all people but one, threshold included, and test on that one; for everybody."""
    accuracy, auroc = [], []
    for held_out in people:
        tell(f"{model}: without subject {held_out.subject:02d}")
        head = fit_head([p for p in people if p is not held_out], model)
        p = np.array([head.probability(row) for row in held_out.features])
        accuracy.append(balanced_accuracy_score(held_out.labels, p > 0.5))
        auroc.append(roc_auc_score(held_out.labels, p))
    return Scores(tuple(p.subject for p in people), np.array(accuracy), np.array(auroc))
