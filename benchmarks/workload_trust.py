"""How far the shipped workload decoder may be believed: the figures and pictures of docs/trust.md.

    python benchmarks/workload_trust.py EEGMAT [--eegmmidb FOLDER] [--replay 00 12 14] [--json FILE] [--pictures FOLDER]

Everything is said of people whom neither decision, nor calibration, nor limits have met: leave-one-subject-out, with a
second split inside for what is learned from people left out. Then: signals that are not like the training's; other ways
to decide from fewer electrodes; and a replay of whole recordings of people left out, through the live engine.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from trust_pictures import write_pictures
from trust_signals import fewer_electrodes, strange_signals

from bci_app.assembly import build
from bci_app.events import DecisionEvent, Event, Session
from bci_app.replay_settings import replay_settings
from models.benchmark.eegmat import REGULARISATION, people
from models.calibration import LogisticCalibration
from models.checkpoints import load
from models.datasets.eegmat import CLASSES, EegMat
from models.reliability import Reliability
from models.selective import RiskCoverage, balanced_weights
from models.training import workload
from models.training.held_out import HeldOut, fit_held_out, mean_person_threshold
from models.training.score_table import score_table
from models.training.task import QuietProgress
from models.training.tasks.workload import Settings, WorkloadTask
from models.training.trust import MAX_RISK, Judged, People, judge, scores_of, trust_figures
from models.trust import Trust
from pipelines.decision import Decision

C = REGULARISATION["riemann"]
LOWER_RISK = 0.05


class Keeper:
    """A sink that keeps decisions."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []

    def open(self, session: Session) -> None:
        """Nothing to note."""

    def accept(self, event: Event) -> None:
        """Keep a decision."""
        if isinstance(event, DecisionEvent):
            self.decisions.append(event.decision)

    def close(self) -> None:
        """Nothing to free."""


def calibrators(everybody: People) -> dict[str, Any]:
    """Return the calibration error of ways from decision values to probabilities, learned from people left out."""
    said: dict[str, list[np.ndarray]] = {}
    for i, person in enumerate(everybody.worn):
        others = everybody.without(i)
        head, held_out = fit_held_out(others.trained, others.worn, C)
        scores = person.features @ head.weights + head.bias
        for name, p in _probabilities(held_out, scores).items():
            said.setdefault(name, []).append(p)
    labels = [person.labels for person in everybody.worn]
    return {
        name: {
            "error_equal_odds": Reliability.of(p, labels).error,
            "error_windows_as_recorded": Reliability.of(p, labels, equal_odds=False).error,
            "balanced_accuracy": float(np.mean([_balanced(q >= 0.5, y) for q, y in zip(p, labels, strict=True)])),
        }
        for name, p in said.items()
    }


def _probabilities(held_out: HeldOut, scores: np.ndarray) -> dict[str, np.ndarray]:
    s, y = np.concatenate(held_out.scores), np.concatenate(held_out.labels)
    weights = np.concatenate([balanced_weights(labels) for labels in held_out.labels])
    plain = LogisticCalibration.fit(s, y)
    shipped = plain.with_threshold(mean_person_threshold(held_out.scores, held_out.labels))
    balanced = LogisticRegression(C=1e6).fit(s[:, None], y, sample_weight=weights * len(s))
    staircase = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
    return {
        "none (the regression's own)": LogisticCalibration().apply(scores),
        "logistic, learned threshold (shipped)": shipped.apply(scores),
        "logistic": plain.apply(scores),
        "logistic, equal odds": balanced.predict_proba(scores[:, None])[:, 1],
        "isotonic": staircase.fit(s, y).predict(scores),
        "isotonic, equal odds": staircase.fit(s, y, sample_weight=weights).predict(scores),
    }


def _balanced(said: np.ndarray, labels: np.ndarray) -> float:
    return float(balanced_weights(labels) @ (said == labels))


def held_out_figures(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return accuracy, trust at both risks, and what the pictures show."""
    p, y = [j.probabilities for j in judged], [j.labels for j in judged]
    reliability = Reliability.of(p, y)
    return {
        "scores": score_table({"riemann": scores_of(judged)})["riemann"],
        "trust": trust_figures(judged, MAX_RISK),
        "decided_at_lower_risk": trust_figures(judged, LOWER_RISK)["decided_at_max_risk"],
        "reliability": {name: _plain(values) for name, values in asdict(reliability).items()},
    }


def replayed(folder: Path, subject: str) -> dict[str, Any]:
    """Train on everybody else, play both recordings of a person to the live engine, and judge the decisions."""
    with tempfile.TemporaryDirectory() as made:
        settings = Settings(data=str(folder), leave_out=(subject,), judged=False, smaller=False)
        WorkloadTask(settings).run(Path(made), QuietProgress())
        limit = Trust.of(load(made)).curve.confidence_for(MAX_RISK)
        rest = folder / f"Subject{subject}_1.edf"
        parts = [_decisions(rest, Path(made), rest, workload.REST_S),
                 _decisions(folder / f"Subject{subject}_2.edf", Path(made), rest, 0.0)]  # fmt: skip
    decisions = [d for part in parts for d in part]
    labels = np.repeat([0, 1], [len(part) for part in parts])
    p = np.array([d.probabilities for d in decisions])
    weights = balanced_weights(labels)
    curve = RiskCoverage.of([p], [labels])
    right, sure = p.argmax(axis=1) == labels, p.max(axis=1) >= limit
    inside = np.array([CLASSES[y] in d.prediction_set for d, y in zip(decisions, labels, strict=True)])
    return {
        "n_decisions": len(decisions),
        "balanced_accuracy": float(weights @ right),
        "decided_at_max_risk": {
            "max_risk": MAX_RISK,
            "coverage": float(weights @ sure),
            "risk": float(weights @ (sure & ~right) / (weights @ sure)) if sure.any() else None,
        },
        "risk_coverage": curve.to_dict(),
        "covered": float(weights @ inside),
        "mean_set_size": float(weights @ np.array([len(d.prediction_set) for d in decisions])),
        "unfamiliar": float(np.mean([bool(d.unfamiliar) for d in decisions])),
        "p_arithmetic": _plain(p[:, 1]),
        "end_s": [_plain(np.array([d.end_s - part[0].start_s for d in part])) for part in parts],
    }


def _decisions(file: Path, checkpoint: Path, rest: Path, start_s: float) -> list[Decision]:
    settings = replay_settings(
        file,
        decoder=str(checkpoint),
        calibrate=f"{rest}@0:{workload.REST_S:g}",
        source={"start_s": start_s, "speed": "max"},
        # Abstentions have no probabilities; which there would be is worked out from the limit.
        overrides=("decoder.settings.max_risk=1.0",),
    )
    keeper = Keeper()
    build(settings, [keeper]).run(threading.Event())
    return keeper.decisions


def _plain(values: np.ndarray) -> list[float | None]:
    return [None if not np.isfinite(v) else round(float(v), 5) for v in values]


def main() -> None:
    parser = argparse.ArgumentParser(description="How far the workload decoder may be believed.")
    parser.add_argument("eegmat", type=Path)
    parser.add_argument("--eegmmidb", type=Path, help="Folder of other recordings, for the familiarity of signals.")
    parser.add_argument("--replay", nargs="*", default=["00", "12", "14"], help="Subjects to replay.")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/workload_trust.json"))
    parser.add_argument("--pictures", type=Path, default=Path("docs/trust"))
    arguments = parser.parse_args()
    show, data = Console(stderr=True), EegMat(arguments.eegmat)
    recordings = workload.read_recordings(data, show.log)
    own = people(recordings, "riemann")
    everybody = People.of(own, own, recordings)
    show.log("leaving out one person after the other")
    judged = judge(everybody, C)
    found: dict[str, Any] = held_out_figures(judged)
    show.log("other calibrations")
    found["calibrators"] = calibrators(everybody)
    show.log("strange signals")
    found["strange_signals"] = strange_signals(everybody, arguments.eegmmidb)
    show.log("fewer electrodes")
    found["fewer_electrodes"] = fewer_electrodes(recordings)
    found["replay"] = {}
    for subject in arguments.replay:
        show.log(f"replay of subject {subject}")
        found["replay"][subject] = replayed(arguments.eegmat, subject)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    write_pictures(found, arguments.pictures)
    show.log(f"written: {arguments.json}, {arguments.pictures}")


if __name__ == "__main__":
    main()
