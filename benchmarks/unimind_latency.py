"""How long an answer takes, and what it costs the loop that decides.

``python -m benchmarks.unimind_latency CHECKPOINT [--language smollm2] [--rounds 20] [--seconds 20] [--json FILE]``

- **language model**: 64 EEG tokens, a question that is ready, four options, one thread; the question itself is made
  ready once. Processor time of the thread, and time by the clock: on a busy machine only the first is the program's.
- **heads**: one window of the checkpoint's first task, without a language model.
- **process**: the same through the process of the answers, from window to answer, by the clock.
- **loop**: a session on the simulated participant, a decision every quarter of a second by UniMind's own head: the
  ``decode`` section with nobody asked, and with every question asked that the process keeps up with.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from bci_app.assembly import build
from bci_app.commands import Ask
from bci_app.config import validate
from bci_app.events import AnswerEvent, Event, LoopTiming, Session
from models.language.loading import load_language_model
from models.language.scoring import option_log_probabilities, ready
from models.placement import one_thread
from models.unimind.answer_process import AnswerProcess, Request
from models.unimind.checkpoint import load
from models.unimind.replies import Reply

TOKENS = 64
QUESTION = "Which movement is imagined?"
OPTIONS = ("left hand", "right hand", "feet", "tongue")
CHANNELS = tuple("Fp1 Fp2 F3 F4 F7 F8 T7 T8 C3 C4 P7 P8 P3 P4 O1 O2 Fz Cz Pz".split())


def timed(action: Callable[[], object], rounds: int) -> dict[str, float]:
    """Return the median processor time, and the median and longest by the clock (ms), after a round to warm up."""
    action()
    processor, clock = [], []
    for _ in range(rounds):
        began, began_cpu = time.perf_counter(), time.thread_time()
        action()
        processor.append(1e3 * (time.thread_time() - began_cpu))
        clock.append(1e3 * (time.perf_counter() - began))
    return {"processor_ms": median(processor), "clock_ms": median(clock), "worst_ms": max(clock)}


@torch.no_grad()
def of_language(name: str, rounds: int) -> dict[str, dict[str, float]]:
    """Measure the language model alone."""
    model = load_language_model(name)
    soft = torch.randn(1, TOKENS, model.width, generator=torch.Generator().manual_seed(0)) * 0.02
    question = ready(model, QUESTION, OPTIONS)
    return {
        f"{name}: {TOKENS} tokens, {len(OPTIONS)} options": timed(
            lambda: option_log_probabilities(model, [question], soft, [TOKENS]), rounds
        ),
        f"{name}: a question made ready": timed(lambda: ready(model, QUESTION, OPTIONS), max(3, rounds // 4)),
    }


def of_heads(folder: str, rounds: int) -> dict[str, dict[str, float]]:
    """Measure the heads here, and in the process of the answers."""
    answerer = load(folder, "none", "cpu")
    card = next(iter(answerer.cards.values()))
    window = np.random.default_rng(0).normal(0, 10, (1, len(CHANNELS), round(200 * card.window_s))).astype(np.float32)
    here = timed(lambda: answerer.answer_many(window, CHANNELS, card), rounds)
    process = AnswerProcess(partial(load, folder, "none", "cpu"), 10.0)
    process.wait_ready(120.0)

    def ask() -> None:
        about = Reply(card.name, 0, 0.0, card.window_s, CHANNELS)
        process.submit(Request(card, window[0], about, time.monotonic()))
        process.wait(10.0)

    there = timed(ask, rounds)
    process.close()
    return {f"heads: {card.name}, 19 electrodes, {card.window_s:g} s": here, "the same through the process": there}


class Watch:
    """A sink that keeps the timing of the loop, and counts answers."""

    def __init__(self) -> None:
        self.decode: list[float] = []
        self.worst: list[float] = []
        self.answers = self.late = 0

    def open(self, session: Session) -> None:
        """Nothing to prepare."""

    def accept(self, event: Event) -> None:
        """Take timing and answers."""
        match event:
            case LoopTiming(sections):
                found = [s for s in sections if s.name == "decode" and s.count]
                self.decode += [s.p50_ms for s in found]
                self.worst += [s.worst_ms for s in found]
            case AnswerEvent(reply):
                self.answers += reply.answer is not None
                self.late += reply.late

    def close(self) -> None:
        """Nothing to free."""


def of_loop(folder: str, language: str, seconds: float, *, asked: bool) -> dict[str, float]:
    """Run a session and return what decisions cost the loop, over its seconds."""
    settings: dict[str, Any] = {
        "source": {"kind": "synthetic", "paradigm": "eyes"},
        "decoder": {
            "name": "unimind",
            "settings": {"checkpoint": folder, "language": language},
            "hop_s": 0.25,
        },
        "duration_s": seconds,
    }
    watch = Watch()
    engine = build(validate(settings, "latency"), [watch])
    if not asked:
        engine.post(Ask(""))
    engine.run(threading.Event())
    return {
        "clock_ms": median(watch.decode),
        "worst_ms": max(watch.worst),
        "answers": float(watch.answers),
        "late": float(watch.late),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint")
    parser.add_argument("--language", default="smollm2", help="none leaves the language model out")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    one_thread()
    torch.set_num_threads(1)
    found: dict[str, dict[str, float]] = {}
    if arguments.language != "none":
        found |= of_language(arguments.language, arguments.rounds)
    found |= of_heads(arguments.checkpoint, arguments.rounds)
    for name, asked in (("loop, nobody asked", False), ("loop, asked all the time", True)):
        found[name] = of_loop(arguments.checkpoint, "as trained", arguments.seconds, asked=asked)
    columns = ("processor_ms", "clock_ms", "worst_ms", "answers", "late")
    table = Table("one thread", *columns)
    for name, values in found.items():
        table.add_row(name, *(f"{values[c]:.1f}" if c in values else "–" for c in columns))
    Console().print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
