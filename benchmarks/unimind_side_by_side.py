"""UniMind beside another decoder on the same windows: EEGMAT replayed, and the simulated participant live.

``python -m benchmarks.unimind_side_by_side CHECKPOINT --head FOLDER --eegmat FOLDER --subjects 00 …
[--out FOLDER]``.
``--language none`` lets UniMind's heads answer in the place of the language model.

Every recording is replayed through the engine with the decoder ``unimind``: the head decides, UniMind answers the same
windows; both are in ``OUT/…-answers.csv`` and in the recording. The last session is live, in real time, on the
simulated participant: there UniMind answers the newest window only; what it cannot keep up with is not asked.
"""

from __future__ import annotations

import argparse
import threading
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bci_app.assembly import build
from bci_app.config import validate
from bci_app.events import AnswerEvent, DecisionEvent, Event, MarkerEvent, Session
from models.unimind.replies import Reply
from pipelines.decision import Decision

CARD, CLASSES = "mental_workload", ("rest", "mental_arithmetic")
SIMULATED_CARD = "simulated_workload"


class Both:
    """A sink that keeps decisions, replies, and what was true."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []
        self.replies: list[Reply] = []
        self.truth: list[tuple[float, str]] = []

    def open(self, session: Session) -> None:
        """Nothing to prepare."""

    def accept(self, event: Event) -> None:
        """Keep one event."""
        match event:
            case DecisionEvent(decision):
                self.decisions.append(decision)
            case AnswerEvent(reply):
                self.replies.append(reply)
            case MarkerEvent(marker) if marker.stream == "ground_truth":
                self.truth.append((marker.time_s, marker.label))

    def close(self) -> None:
        """Nothing to free."""

    def true_at(self, start_s: float, end_s: float) -> str:
        """Return the state that lasted over a whole window; empty if it changed."""
        before = [label for time_s, label in self.truth if time_s <= start_s]
        changed = any(start_s < time_s < end_s for time_s, _ in self.truth)
        return "" if changed or not before else before[-1]


def run(source: dict[str, Any], decoder: dict[str, Any], out: Path, name: str, seconds: float | None = None) -> Both:
    """Run one session and return what both said."""
    both = Both()
    sinks = [
        {"kind": "answers_csv", "path": str(out / f"{name}-answers.csv")},
        {"kind": "decisions_csv", "path": str(out / f"{name}-decisions.csv")},
        {"kind": "xdf_recorder", "folder": str(out), "file_name": f"{name}.xdf"},
    ]
    values = {"name": "side_by_side", "source": source, "decoder": decoder, "sinks": sinks, "duration_s": seconds}
    build(validate(values, name), [both]).run(threading.Event())
    return both


def decoder_of(checkpoint: str, head: str, card: str, **own: Any) -> dict[str, Any]:
    """Return the table of the decoder."""
    settings = {"checkpoint": checkpoint, "question": card, **own}
    if head:
        settings["head"] = head
    return {"name": "unimind", "settings": settings, "hop_s": 2.5}


def replayed(arguments: argparse.Namespace) -> Table:
    """Replay people of EEGMAT and return how often each was right."""
    rows: list[tuple[str, int, float, float, float]] = []
    for subject in track(arguments.subjects, "replaying"):
        right: dict[str, list[list[bool]]] = {"head": [[], []], "unimind": [[], []]}
        agree: list[bool] = []
        for number, label in enumerate(CLASSES):
            file = Path(arguments.eegmat) / f"Subject{subject}_{number + 1}.edf"
            decoder = decoder_of(
                arguments.checkpoint,
                arguments.head,
                CARD,
                language=arguments.language,
                every_window=True,
                deadline_s=60.0,
            )
            rest = Path(arguments.eegmat) / f"Subject{subject}_1.edf"
            decoder["calibration"] = {"file": str(rest), "start_s": 0.0, "stop_s": 60.0}
            both = run({"kind": "recording", "path": str(file), "speed": "max"}, decoder, arguments.out, file.stem)
            heads = {d.window_index: d.label for d in both.decisions}
            for reply in both.replies:
                # The minute that calibrated the head does not judge.
                if reply.answer is None or (number == 0 and reply.start_s < both.decisions[0].start_s + 60.0):
                    continue
                option = reply.answer.probabilities.index(max(reply.answer.probabilities))
                said = heads.get(reply.window_index, "")
                if not said:  # the head abstained
                    continue
                right["head"][number].append(said == label)
                right["unimind"][number].append(option == number)
                agree.append((CLASSES.index(said) if said in CLASSES else -1) == option)
        balanced = {who: float(np.mean([np.mean(part) for part in parts if part])) for who, parts in right.items()}
        rows.append((subject, len(agree), balanced["head"], balanced["unimind"], float(np.mean(agree))))
    table = Table("subject", "windows", "head", "UniMind", "both say the same", title="EEGMAT, balanced accuracy")
    for subject, n, *shares in rows:
        table.add_row(subject, str(n), *(f"{share:.2f}" for share in shares))
    table.add_section()
    table.add_row(
        "mean", str(sum(row[1] for row in rows)), *(f"{np.mean([r[k] for r in rows]):.3f}" for k in (2, 3, 4))
    )
    return table


def live(arguments: argparse.Namespace) -> Table:
    """Run a live session on the simulated participant."""
    source = {"kind": "synthetic", "paradigm": "workload", "first_rest_s": 30.0, "block_s": 10.0}
    decoder = decoder_of(arguments.checkpoint, arguments.live_head, SIMULATED_CARD, language=arguments.language)
    decoder |= {"hop_s": 0.5, "calibration": {"rest_s": 30.0}}
    both = run(source, decoder, arguments.out, "simulated", arguments.seconds)
    answers = [reply for reply in both.replies if reply.answer is not None]
    of_unimind = [
        (both.true_at(r.start_s, r.end_s), CLASSES[r.answer.probabilities.index(max(r.answer.probabilities))])
        for r in answers
        if r.answer is not None
    ]
    of_head = [(both.true_at(d.start_s, d.end_s), d.label) for d in both.decisions if d.label]
    table = Table("live, simulated participant", "windows", "right", "median (ms)", "late")
    told = sorted(1e3 * reply.took_s for reply in answers)
    for name, pairs, took, late in (
        (f"head ({arguments.live_head})", of_head, "–", "–"),
        ("UniMind", of_unimind, f"{told[len(told) // 2]:.0f}", str(sum(r.late for r in both.replies))),
    ):
        known = [truth == said for truth, said in pairs if truth]
        table.add_row(name, str(len(known)), f"{np.mean(known):.2f}", took, late)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint")
    parser.add_argument("--head", default="", help="of the replay: decoder's name or folder; empty: UniMind's own")
    parser.add_argument("--live-head", default="workload")
    parser.add_argument("--language", default="as trained", help="none: UniMind's heads answer")
    parser.add_argument("--eegmat", default="")
    parser.add_argument("--subjects", nargs="*", default=[])
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--out", type=Path, default=Path("out") / "side_by_side")
    arguments = parser.parse_args()
    if arguments.eegmat:
        Console().print(replayed(arguments))
    if arguments.seconds:
        Console().print(live(arguments))


if __name__ == "__main__":
    main()
