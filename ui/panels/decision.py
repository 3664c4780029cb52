"""The current decision, its probabilities now and over time, and the truth where the source knows it."""

from __future__ import annotations

from pydantic import Field
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from bci_app.events import DecoderEvent, EngineState, Session, StateEvent
from pipelines.decision import Decision
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, Marker
from ui import layouts, theme
from ui.calm_bar import CalmBar
from ui.fitted_label import FittedLabel
from ui.panel import Panel
from ui.probability_bars import ProbabilityBars
from ui.probability_plot import ProbabilityPlot

SILENT = {
    EngineState.IDLE: "Not running",
    EngineState.CONNECTING: "Connecting …",
    EngineState.STALE: "No signal",
    EngineState.RECONNECTING: "Signal lost",
    EngineState.STOPPING: "Stopping …",
    EngineState.FAILED: "Stopped by an error",
}
"""What stands in the place of the decision while there can be none."""


class Settings(PluginSettings):
    """What the decision panel shows."""

    history_s: float = Field(60.0, ge=5, le=3600, description="Seconds of probabilities shown.")
    truth_stream: str = Field("ground_truth", description="Marker stream whose labels are the true state.")


class DecisionPanel(Panel):
    """An old decision never stays on the screen as if it were new: without samples the label goes away."""

    title = "Decision"

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._state = EngineState.IDLE
        self._session: Session | None = None
        self._decision: Decision | None = None
        self._origin_s: float | None = None
        self._now_s = self._calibrating_since_s = 0.0
        self.label = FittedLabel("Not running")
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.label.setProperty("role", "state")
        self.label.setMinimumHeight(46)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.detail = QLabel("", alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.detail.setProperty("role", "muted")
        self.detail.setMinimumHeight(32)
        self.progress = CalmBar(textVisible=False, maximum=1000)
        self.progress.hide()
        keeps = self.progress.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(keeps)
        self.progress.setFixedHeight(6)
        self.bars = ProbabilityBars()
        self.plot = ProbabilityPlot(settings.history_s)
        self.plot.setMinimumHeight(96)
        column = layouts.column(self)
        for widget in (self.label, self.detail, self.progress, self.bars):
            column.addWidget(widget)
        column.addWidget(self.plot, 1)

    def on_session(self, session: Session) -> None:
        """Forget the decisions of the last session."""
        self._session, self._decision, self._origin_s = session, None, None
        self._now_s = self._calibrating_since_s = 0.0
        self.plot.clear_all()
        self.bars.show_values(session.classes, (0.0,) * len(session.classes), dim=True)
        self.touch()

    def on_chunk(self, chunk: Chunk) -> None:
        """Follow the stream's time."""
        if self._session is not None and chunk.n_samples:
            if self._origin_s is None:
                self._origin_s = float(chunk.times_s[0]) - chunk.first_index / self._session.spec.rate_hz
            self._now_s = float(chunk.times_s[-1]) - self._origin_s
            if self._state is EngineState.CALIBRATING:
                self.touch()

    def on_marker(self, marker: Marker) -> None:
        """Take the true state."""
        if marker.stream == self._settings.truth_stream and self._origin_s is not None:
            self.plot.add_truth(marker.time_s - self._origin_s, marker.label)

    def on_decision(self, decision: Decision) -> None:
        """Show a decision."""
        self._decision = decision
        if self._origin_s is not None:
            self._now_s = max(self._now_s, decision.end_s - self._origin_s)
            self.plot.add(decision.end_s - self._origin_s, decision)
        self.touch()

    def on_decoder(self, event: DecoderEvent) -> None:
        """Take the classes of another decoder; what the one before said is no longer true."""
        self._decision = None
        if self._session is not None:
            self._session = event.applied_to(self._session)
        self.touch()

    def on_state(self, event: StateEvent) -> None:
        """Take the label away while no decision can be current."""
        if event.state is EngineState.CALIBRATING and self._state is not EngineState.CALIBRATING:
            self._calibrating_since_s = self._now_s
        if event.state in SILENT:
            self._decision = None
        self._state = event.state
        self.touch()

    def redraw(self) -> None:
        """Bring label, bars and plot up to date."""
        self.progress.setVisible(self._state is EngineState.CALIBRATING)
        if self._state is EngineState.CALIBRATING:
            self._show_calibration()
        elif self._state in SILENT or self._decision is None:
            has_decoder = self._session is None or bool(self._session.classes)
            self._say(SILENT.get(self._state, "Waiting …" if has_decoder else "No decoder"), "", "muted")
            self._dim_bars()
        else:
            self._show_decision(self._decision)
        if self._origin_s is not None:
            self.plot.redraw(self._now_s)

    def _show_decision(self, decision: Decision) -> None:
        doubts = decision.doubts()
        if decision.abstained:
            self._say("No decision", "; ".join(filter(None, (decision.reason, doubts))), "muted")
        else:
            row = decision.labels.index(decision.label) % len(theme.palette().classes)
            self._say(decision.label, doubts or f"by {decision.model_id}", f"class{row}")
        self.bars.show_values(decision.labels, decision.probabilities, dim=decision.abstained)

    def _show_calibration(self) -> None:
        done_s, wanted_s = self._now_s - self._calibrating_since_s, self._rest_s()
        self._dim_bars()
        if wanted_s is None:
            self.progress.setMaximum(0)
            self._say("Calibrating", f"{done_s:.0f} s of rest so far: please relax", "accent")
        else:
            self.progress.setMaximum(1000)
            self.progress.setValue(round(1000 * min(1.0, done_s / wanted_s)))
            shown_s = min(done_s, wanted_s)
            left = f"Relax: {wanted_s - shown_s:.0f} s" if shown_s < wanted_s else "Calibrating"
            self._say(left, f"{shown_s:.0f} of {wanted_s:g} s of rest: please relax", "accent")

    def _rest_s(self) -> float | None:
        """Return how long the calibration lasts (s); None where only the decoder knows."""
        decoder = dict(self._session.settings).get("decoder") if self._session is not None else None
        value = ((decoder or {}).get("calibration") or {}).get("rest_s")
        return float(value) if value else None

    def _dim_bars(self) -> None:
        classes = self._session.classes if self._session is not None else ()
        self.bars.show_values(classes, (0.0,) * len(classes), dim=True)

    def restyle(self) -> None:
        """Take the new colours into the plot."""
        self.plot.restyle()
        super().restyle()

    def _say(self, label: str, detail: str, tone: str) -> None:
        self.label.setText(layouts.words(label))
        theme.set_tone(self.label, tone)
        self.detail.setText(detail)


def build(settings: Settings) -> DecisionPanel:
    """Make the panel."""
    return DecisionPanel(settings)
