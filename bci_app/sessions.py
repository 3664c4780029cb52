"""What the verbs of the command line do: run a session with the sinks that fit, and sum it up."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bci_app.assembly import build
from bci_app.config import SessionSettings
from bci_app.events import NoticeEvent
from bci_app.recording_names import NO_LABELS, Labels
from bci_app.report_verb import write_report
from bci_app.sink import Sink
from bci_app.summary import Summary
from bci_app.terminal_view import TerminalView
from bci_app.then_and_now import ReplayComparison, ThenAndNow
from bci_app.typed_notes import notes_from

SHOWN_DIFFERENCES = 20
"""Windows that are listed where a replay decides otherwise than was recorded."""


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """Turn SIGINT and SIGTERM into a set event, so that recordings are closed; a second one kills as usual."""
    stop = threading.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in signals}

    def ask(number: int, frame: object) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in signals:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for number in signals:
            signal.signal(number, before[number])


def run_demo(settings: SessionSettings, console: Console) -> None:
    """Run the demonstration in the terminal and print the summary."""
    _run(settings, [TerminalView(console)], console)


def run_daemon(settings: SessionSettings, console: Console) -> None:
    """Run a session headless; decisions go out on LSL unless the session names other sinks.

    What goes wrong is always told: a session that names no console gets one, on standard error, because standard
    output may belong to a sink that it does name.
    """
    sinks = settings.sinks or ({"kind": "lsl_outlet"}, {"kind": "console"})
    if not any(sink["kind"] == "console" for sink in sinks):
        sinks = (*sinks, {"kind": "console", "stream": "stderr"})
    _run(settings.model_copy(update={"sinks": sinks}), [], console)


def run_record(
    settings: SessionSettings, folder: str, seconds: float | None, console: Console, labels: Labels = NO_LABELS
) -> None:
    """Record a session's source, undecoded; what is typed meanwhile becomes notes."""
    named = {name: value for name, value in asdict(labels).items() if value}
    recorder = {"kind": "xdf_recorder", "folder": folder, **named}
    settings = settings.model_copy(
        update={
            "decoder": None,
            "montage": (),
            "stages": (),
            "sinks": (recorder, {"kind": "console"}),
            "duration_s": seconds,
        }
    )
    _run(settings, [], console, notes_at=_standard_input())


def _standard_input() -> int | None:
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return None  # a program without a terminal


def _run(settings: SessionSettings, sinks: Sequence[Sink], console: Console, notes_at: int | None = None) -> None:
    """Run to the end, print the summary, and write the report where the session asks for one."""
    summary = Summary()
    with stop_on_signals() as stop:
        engine = build(settings, [*sinks, summary])
        with notes_from(notes_at, engine.post):
            engine.run(stop)
    console.print(summary.table())
    if settings.report:
        for path in summary.recordings:
            for page in write_report(Path(path)):
                console.print(str(page), markup=False, highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What a replay came to."""

    summary: Summary
    source: str
    notices: tuple[str, ...]
    wall_s: float
    compared: ThenAndNow

    def as_dict(self) -> dict[str, Any]:
        """Return the result for ``--json``."""
        session = self.summary.session
        signal_s = self.summary.samples / session.spec.rate_hz if session else 0.0
        return {
            "n_windows": self.summary.n_windows,
            "n_decisions": self.summary.n_decisions,
            "decisions_sha256": self.summary.decisions_sha256,
            "realtime_factor": round(signal_s / self.wall_s, 2),
            "decoder": session.model_id if session else "",
            "source": self.source,
            "labels": dict(self.summary.labels),
            "open_sets": self.summary.n_open_sets,
            "unfamiliar_windows": self.summary.n_unfamiliar,
            "lost_samples": self.summary.lost_samples,
            "n_compared": len(self.compared.pairs),
            "n_as_then": self.compared.agreeing,
            "notices": list(self.notices),
        }

    def table(self) -> Table:
        """Return the result for a terminal."""
        table = self.summary.table()
        table.title = f"Replay of {self.source}"
        values = self.as_dict()
        table.add_row("speed", f"{values['realtime_factor']:g} × real time")
        if words := self.compared.words():
            table.add_row("then and now", words)
        for pair in self.compared.differences[:SHOWN_DIFFERENCES]:
            told = f"{pair.then or 'abstained'} then, {pair.now or 'abstained'} now"
            table.add_row(f"{pair.start_s:.1f}–{pair.end_s:.1f} s", told)
        for notice in self.notices:
            table.add_row("notice", Text(notice))  # what stands in brackets is no markup
        return table


class _Notices:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def open(self, session: object) -> None:
        pass

    def accept(self, event: object) -> None:
        if isinstance(event, NoticeEvent) and event.level != "info":
            self.texts.append(event.text)

    def close(self) -> None:
        pass


def run_replay(settings: SessionSettings, file: Path) -> ReplayResult:
    """Run a replay session to its end."""
    summary, notices, comparison = Summary(), _Notices(), ReplayComparison()
    with stop_on_signals() as stop:
        engine = build(settings, [summary, notices, comparison])
        start = time.perf_counter()
        engine.run(stop)
        wall_s = max(time.perf_counter() - start, 1e-9)
    return ReplayResult(summary, str(file), tuple(notices.texts), wall_s, comparison.found)
