"""Where the signal comes from, how it is, and whether it is being recorded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel

from bci_app.events import EngineState, LoopTiming, QualityEvent, RecordingEvent, Session, StateEvent
from pipelines.channel_names import canonical_name
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk
from ui import layouts, theme
from ui.panel import Panel

BREAK = "\u200b"
ROWS = ("State", "Source", "Signal", "Decoder", "Lost", "Bad channels", "Recording")


class Settings(PluginSettings):
    """No settings."""


class StatusPanel(Panel):
    """One line for each fact; what is wrong stands out."""

    title = "Source"

    def __init__(self) -> None:
        super().__init__()
        self._session: Session | None = None
        self._state = StateEvent(EngineState.IDLE)
        self._bad: tuple[str, ...] = ()
        self._lost = 0
        self._recordings: dict[str, RecordingEvent] = {}
        self.fields = {row: QLabel("–") for row in ROWS}
        grid = layouts.grid(6)
        for number, (row, field) in enumerate(self.fields.items()):
            field.setWordWrap(True)
            field.setTextFormat(Qt.TextFormat.PlainText)
            if row != "Recording":  # copied, the places of its breaks would be in the name
                field.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(layouts.muted(row), number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(field, number, 1)
        grid.setColumnStretch(1, 1)
        column = layouts.column(self)
        column.addLayout(grid)
        column.addStretch(1)
        self._watch = QTimer(self, interval=1000)
        self._watch.timeout.connect(self._show_recording)
        self.redraw()

    def on_session(self, session: Session) -> None:
        """Name the new source."""
        self._session, self._bad, self._lost = session, (), 0
        self._recordings.clear()
        self.touch()

    def on_chunk(self, chunk: Chunk) -> None:
        """Count what was lost."""
        if chunk.gap_before:
            self._lost += chunk.gap_before
            self.touch()

    def on_timing(self, timing: LoopTiming) -> None:
        """Take the engine's own count of what was lost."""
        if timing.lost_samples != self._lost:
            self._lost = timing.lost_samples
            self.touch()

    def on_state(self, event: StateEvent) -> None:
        """Show the state and its message; a recording ends with its engine."""
        self._state = event
        if event.state in (EngineState.IDLE, EngineState.FAILED):
            for one in self._active():
                self.on_recording(replace(one, active=False, fault="the engine ended first; what it wrote is readable"))
        self.touch()

    def on_quality(self, event: QualityEvent) -> None:
        """Name the bad channels."""
        self._bad = tuple(canonical_name(name) for name in event.bad_channels)
        self.touch()

    def on_recording(self, event: RecordingEvent) -> None:
        """Follow every file from its start to its end."""
        self._recordings.pop(event.path, None)
        self._recordings[event.path] = event
        # The size is read from the disk itself: it shows that bytes arrive there.
        if not self._active():
            self._watch.stop()
        elif not self._watch.isActive():
            self._watch.start()
        self.touch()

    def redraw(self) -> None:
        """Fill every line."""
        state, session = self._state, self._session
        text = state.state.value + (f": {state.message}" if state.message else "")
        tone = theme.TONE_OF_STATE[state.state]
        self._say("State", f"{theme.MARKS[tone]} {text}", tone)
        if session is not None:
            spec = session.spec
            self._say("Source", spec.source_id or session.name)
            self._say("Signal", f"{spec.n_channels} channels, {spec.rate_hz:g} Hz")
            self._say("Decoder", session.model_id or "none")
            seconds = self._lost / spec.rate_hz
            lost = f"{self._lost:,} samples ({seconds:.3g} s)" if self._lost else "nothing"
            self._say("Lost", f"▲ {lost}" if self._lost else lost, "warning" if self._lost else "")
            self._say("Bad channels", f"✖ {', '.join(self._bad)}" if self._bad else "none", "bad" if self._bad else "")
        self._show_recording()

    def _active(self) -> list[RecordingEvent]:
        return [event for event in self._recordings.values() if event.active]

    def _show_recording(self) -> None:
        """Show the files being written, else the last one."""
        shown = self._active() or list(self._recordings.values())[-1:]
        if not shown:
            self._say("Recording", "off", "muted")
            return
        lines = [_file_line(event) for event in shown]
        healthy = all(ok for _, ok in lines)
        calm: theme.Tone = "good" if shown[0].active else "muted"
        # Names of files have no spaces: let them go on in the next line behind an underscore.
        words = "\n".join(text for text, _ in lines).replace("_", f"_{BREAK}")
        self._say("Recording", words, calm if healthy else "bad")
        self.fields["Recording"].setToolTip("\n".join(str(Path(event.path).resolve()) for event in shown))

    def _say(self, row: str, text: str, tone: theme.Tone = "") -> None:
        self.fields[row].setText(text)
        theme.set_tone(self.fields[row], tone)


def _file_line(event: RecordingEvent) -> tuple[str, bool]:
    """Return what to say of a file, and whether all is well with it."""
    file = Path(event.path)
    try:
        size = _readable(file.stat().st_size)
    except OSError as exc:
        return f"{file}: {exc.strerror}", False
    if event.active:
        return f"● {file.name}, {size}", True
    if event.fault:
        return f"off; {file.name}, {size}, ended early: {event.fault}", False
    return f"off; saved {file.name}, {size}", True


def _readable(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:.0f} kB"


def build(settings: Settings) -> StatusPanel:
    """Make the panel."""
    return StatusPanel()
