"""What a session came to: decisions, their hash, agreement with ground truth, latency, recordings."""

from __future__ import annotations

from collections import Counter

import numpy as np
from rich.markup import escape
from rich.table import Table

from bci_app.agreement import GROUND_TRUTH, Agreement, judge
from bci_app.events import (
    DecisionEvent,
    DecoderEvent,
    Event,
    LoopTiming,
    MarkerEvent,
    RecordingEvent,
    Session,
    SessionEvent,
)
from pipelines.decision import Decision, DecisionHash
from pipelines.percent import percent


class Summary:
    """A sink that counts. Works on the engine's thread, or in the window's process on events from the pipe."""

    def __init__(self) -> None:
        self.session: Session | None = None
        self.n_windows = 0
        self.n_decisions = 0
        self.n_open_sets = self.n_unfamiliar = 0
        """Decisions that leave several classes open, and windows unlike the training signals."""
        self.labels: Counter[str] = Counter()
        self.samples = self.lost_samples = 0
        self._recordings: dict[str, RecordingEvent] = {}
        self._models: dict[str, None] = {}
        self._hash = DecisionHash()
        self._latencies_ms: list[float] = []
        self._truth: list[tuple[float, str]] = []
        self._spans: list[tuple[float, float, str]] = []

    def open(self, session: Session) -> None:
        """Note the session."""
        self.session = session

    def accept(self, event: Event) -> None:
        """Count one event."""
        match event:
            case SessionEvent(session):
                self.session = session
            case DecoderEvent() if self.session is not None:
                self.session = event.applied_to(self.session)
            case DecisionEvent(decision):
                self._count(decision)
            case MarkerEvent(marker) if marker.stream == GROUND_TRUTH:
                self._truth.append((marker.time_s, marker.label))
            case LoopTiming():
                # The engine's own count: a busy window is not shown every chunk.
                self.samples, self.lost_samples = event.samples, event.lost_samples
            case RecordingEvent(path):
                self._recordings[path] = event

    def close(self) -> None:
        """Nothing to free."""

    @property
    def recordings(self) -> list[str]:
        """Files that were written, in order."""
        return list(self._recordings)

    def _count(self, decision: Decision) -> None:
        self.n_windows += 1
        self._hash.update(decision)
        self._models[decision.model_id] = None
        if decision.decided_at_s != decision.end_s:  # equal where stamps are not of now
            self._latencies_ms.append((decision.decided_at_s - decision.end_s) * 1e3)
        self.n_unfamiliar += bool(decision.unfamiliar)
        if decision.abstained:
            return
        self.n_decisions += 1
        self.n_open_sets += len(decision.prediction_set) > 1
        self.labels[decision.label] += 1
        self._spans.append((decision.start_s, decision.end_s, decision.label))

    @property
    def decisions_sha256(self) -> str:
        """Hash of all decisions in order."""
        return self._hash.hexdigest()

    def agreement(self) -> Agreement:
        """Return how the decisions agree with ground truth."""
        return judge(self._truth, self._spans)

    def latency_ms(self) -> tuple[float, float] | None:
        """Return p50 and p99 from a window's last sample to its decision (ms); None where stamps are not of now."""
        if not self._latencies_ms:
            return None
        p50, p99 = np.percentile(self._latencies_ms, [50, 99])
        return float(p50), float(p99)

    def table(self) -> Table:
        """Return the summary for a terminal."""
        table = Table(title="Session", show_header=False)
        table.add_column()
        table.add_column(overflow="fold")  # a path that is cut off cannot be found again
        session = self.session
        if session is not None:
            rate = session.spec.rate_hz
            table.add_row(
                "source", f"{escape(session.spec.source_id)}: {session.spec.n_channels} channels at {rate:g} Hz"
            )
            table.add_row("signal", f"{self.samples / rate:.1f} s, {self.lost_samples} samples lost")
            table.add_row("decoder", ", then ".join(self._models) or session.model_id or "none")
        abstained = self.n_windows - self.n_decisions
        shares = ", ".join(f"{label} {count}" for label, count in self.labels.most_common())
        table.add_row("decisions", f"{self.n_decisions}{f' ({shares})' if shares else ''}; {abstained} abstained")
        if self.n_open_sets:
            table.add_row("open", f"{self.n_open_sets} decisions leave more than one class possible")
        if self.n_unfamiliar:
            table.add_row("unfamiliar", f"{self.n_unfamiliar} windows are unlike the training signals")
        agreement = self.agreement()
        if agreement.judged:
            share = agreement.agreeing / agreement.judged
            table.add_row("agreement", f"{percent(share)} with ground truth, {agreement.judged} windows judged")
        latency = self.latency_ms()
        if latency is not None:
            table.add_row("latency", f"p50 {latency[0]:.2f} ms, p99 {latency[1]:.2f} ms (last sample to decision)")
        if self.n_windows:
            table.add_row("sha256", f"{self.decisions_sha256} (a replay gives the same)")
        for event in self._recordings.values():
            table.add_row("recording", escape(_recording_text(event)))
        return table


def _recording_text(event: RecordingEvent) -> str:
    if event.fault:
        return f"{event.path} (ended early: {event.fault})"
    return f"{event.path} (not finished; what was written is readable)" if event.active else event.path
