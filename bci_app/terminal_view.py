"""The live view of a session in a terminal; plain lines where the output is no terminal."""

from __future__ import annotations

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bci_app.agreement import GROUND_TRUTH
from bci_app.events import (
    ChunkEvent,
    DecisionEvent,
    EngineState,
    Event,
    LoopTiming,
    MarkerEvent,
    NoticeEvent,
    QualityEvent,
    RecordingEvent,
    Session,
    StateEvent,
)
from pipelines.decision import Decision

BAR = 40


class TerminalView:
    """A sink that shows state, decision, probabilities, truth and timing; refreshed four times a second."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._session: Session | None = None
        self._decision: Decision | None = None
        self._state, self._truth, self._quality = EngineState.IDLE, "", ""
        self._seconds = 0.0
        self._timing = ""
        self._recording: RecordingEvent | None = None
        self._notices: list[str] = []

    def open(self, session: Session) -> None:
        """Start showing."""
        self._session = session
        if self._console.is_terminal:
            self._live = Live(console=self._console, get_renderable=self._render, refresh_per_second=4)
            self._live.start()

    def accept(self, event: Event) -> None:
        """Take one event."""
        match event:
            case ChunkEvent(chunk) if self._session is not None:
                self._seconds += chunk.n_samples / self._session.spec.rate_hz
            case DecisionEvent(decision):
                self._decision = decision
                self._line(_sentence(decision, self._truth))
            case StateEvent(state, message):
                self._state = state
                self._line(f"state: {state.value}{message and f': {message}'}")
            case MarkerEvent(marker) if marker.stream == GROUND_TRUTH:
                self._truth = marker.label
            case QualityEvent(bad_channels):
                self._quality = ", ".join(bad_channels)
                self._line(f"bad channels: {self._quality or 'none'}")
            case NoticeEvent(level, text):
                self._notices = [*self._notices[-3:], f"{level}: {text}"]
                self._line(f"{level}: {text}")
            case RecordingEvent():
                self._recording = event
            case LoopTiming(sections=sections):
                self._timing = "  ".join(f"{s.name} {s.p50_ms:.2f}/{s.p99_ms:.2f}" for s in sections)

    def close(self) -> None:
        """Leave the last picture on the screen."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _line(self, text: str) -> None:
        if self._live is None:
            self._console.print(f"{self._seconds:7.1f} s  {text}", markup=False, highlight=False, soft_wrap=True)

    def _render(self) -> Group:
        table = Table.grid(padding=(0, 2))
        source = self._session.spec.source_id if self._session else ""
        table.add_row("source", f"{source}   {self._seconds:.1f} s")
        table.add_row(
            "state", Text(self._state.value, style="green" if self._state is EngineState.RUNNING else "yellow")
        )
        table.add_row("true state", self._truth or "unknown")
        decision = self._decision
        if decision is not None and decision.abstained:
            table.add_row("decision", Text(f"none: {decision.reason}", style="yellow"))
        elif decision is not None:
            table.add_row("decision", Text(decision.label, style="bold cyan"))
            for label, p in zip(decision.labels, decision.probabilities, strict=True):
                table.add_row(label, Text("█" * round(p * BAR), style="cyan") + Text(f" {p:.2f}"))
        if decision is not None and decision.doubts():
            table.add_row("doubts", Text(decision.doubts(), style="yellow"))
        table.add_row("bad channels", self._quality or "none")
        table.add_row("recording", _recording_line(self._recording))
        table.add_row("loop ms p50/p99", self._timing)
        return Group(table, *(Text(notice, style="dim") for notice in self._notices))


def _recording_line(event: RecordingEvent | None) -> Text:
    if event is None:
        return Text("off")
    if event.active:
        return Text(f"● {event.path}", style="red")
    if event.fault:
        return Text(f"ended early: {event.path}", style="yellow")
    return Text(f"off; saved {event.path}")


def _sentence(decision: Decision, truth: str) -> str:
    doubts = f"   [{decision.doubts()}]" if decision.doubts() else ""
    if decision.abstained:
        return f"no decision: {decision.reason}{doubts}"
    shares = " ".join(f"{label} {p:.2f}" for label, p in zip(decision.labels, decision.probabilities, strict=True))
    beside = f"   (truth: {truth})" if truth else ""
    return f"{decision.label:18s} {shares}{beside}{doubts}"
