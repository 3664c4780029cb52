"""Step 7, replay: any recording with a seek bar, at any speed; what was decided then beside what is decided now."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QPushButton, QSizePolicy, QVBoxLayout

from bci_app.commands import Seek
from bci_app.config import NO_DECODER, SessionSettings
from bci_app.events import DecisionEvent, EngineState, OutlineEvent, PlaybackEvent, Session, StateEvent
from bci_app.replay_settings import replay_settings
from bci_app.then_and_now import ReplayComparison, label_of
from devices.playback import Outline
from pipelines.decision import Decision
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk
from ui import layouts, theme
from ui.background import Later
from ui.differences import Differences
from ui.export_row import ExportRow
from ui.panel import Panel
from ui.seek_bar import SeekBar, Stretch, runs
from ui.session_files import DECODERS, RECORDING_FILTER
from ui.step import ORDER, Step
from ui.transport import Transport

AS_RECORDED = "as recorded"
TRACES_AT = 3
"""Place of the traces in the page: below the controls."""
OVER = frozenset({EngineState.IDLE, EngineState.FAILED})


class Settings(PluginSettings):
    """No settings."""


class ReplayStep(Step):
    """The engine plays; the page shows where it is, and compares."""

    title = "Replay"
    order = ORDER.index("replay") + 1
    hint = "Play any recording: seek, speed, loop, step; decisions of then and now; export"
    shows = ("decision|messages",)
    centre = "traces"

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self._path: Path | None = None
        self._outline: Outline | None = None
        self._hop_s, self._scale = 0.5, 1.0
        self._classes: tuple[str, ...] = ()
        self._origin_s = self._position_s = 0.0
        self._now: dict[int, Stretch] = {}
        self._comparison = ReplayComparison()
        self._loading: Later | None = None
        self._active = self._decided = False
        self._build()

    def _build(self) -> None:
        self.open = QPushButton("Open recording …")
        self.open.setToolTip("Any recording: XDF, EDF, BDF, GDF, FIF, BrainVision, EEGLAB, OpenBCI, Muse; or drop one")
        self.decoder = QComboBox()
        self.decoder.addItems([AS_RECORDED, *DECODERS])
        self.decoder.setToolTip("What decides now: the decoder of the recorded session, or another one")
        self.decoder.setAccessibleName("Decoder of the replay")
        self.file = QLabel("no recording is open", textFormat=Qt.TextFormat.PlainText)
        self.file.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.seek_bar, self.transport = SeekBar(), Transport()
        self.differences, self.export = Differences(), ExportRow()
        self.differences.setMaximumHeight(150)
        top = layouts.row(margins=(0, 0, 0, 0))
        top.addWidget(self.open)
        top.addWidget(layouts.muted("Decoder"))
        top.addWidget(self.decoder)
        top.addWidget(self.file, 1)
        column = layouts.column(self)
        column.addLayout(top)
        column.addWidget(self.seek_bar)
        column.addWidget(self.transport)
        column.addWidget(self.differences)
        column.addWidget(self.export)
        column.addStretch(1)
        self.open.clicked.connect(self._choose)
        self.decoder.activated.connect(lambda _: self._play())
        self.seek_bar.sought.connect(self._go_to)
        self.differences.sought.connect(self._go_to)
        self.transport.command.connect(self.command)
        self.transport.asked_to_start.connect(self._play)

    def host(self, panel: Panel) -> None:
        """Give the traces the middle of the page."""
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        column.insertWidget(TRACES_AT, panel, 1)
        column.setStretch(column.count() - 1, 0)
        panel.show()

    def open_path(self, path: str | Path) -> None:
        """Play a recording from its begin."""
        self._path = Path(path)
        self.export.show_recording(self._path)
        self._name_file(f"reading {self._path.name} …")
        self._play()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take a single file."""
        if len(event.mimeData().urls()) == 1 and event.mimeData().urls()[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Play what was dropped."""
        self.open_path(event.mimeData().urls()[0].toLocalFile())

    def on_session(self, session: Session) -> None:
        """Forget the last replay."""
        self._outline = None
        self._now.clear()
        self._hop_s = session.hop_s or 0.5
        self._scale = float((session.settings.get("source") or {}).get("scale") or 1.0)
        self._classes = session.classes
        self._comparison.open(session)
        self.touch()

    def on_outline(self, outline: Outline) -> None:
        """Draw the time line of the recording that is played now, whoever opened it."""
        self._outline, self._path = outline, Path(outline.path)
        self._comparison.accept(OutlineEvent(outline))
        self._active = self._decided = True
        self.touch()

    def on_playback(self, event: PlaybackEvent) -> None:
        """Follow a jump, a pause, another speed."""
        self._origin_s, self._position_s = event.state.origin_s, event.position_s
        self._comparison.accept(event)
        self.transport.show_playback(event)
        self.touch()

    def on_chunk(self, chunk: Chunk) -> None:
        """Follow the position."""
        if self._active and chunk.n_samples:
            self._position_s = float(chunk.times_s[-1]) - self._origin_s
            self.touch()

    def on_decision(self, decision: Decision) -> None:
        """Draw a decision of now, and compare it with that of then."""
        if not self._active:
            return
        end_s = decision.end_s - self._origin_s
        start_s = max(decision.start_s - self._origin_s, end_s - self._hop_s)
        self._now[round(end_s * 1e3)] = Stretch(start_s, end_s, decision.label)
        self._comparison.accept(DecisionEvent(decision))
        self._decided = True
        self.touch()

    def on_state(self, event: StateEvent) -> None:
        """A session that is over plays nothing."""
        if event.state in OVER:
            self._active = False
            if event.state is EngineState.FAILED and self._path is not None and self._outline is None:
                self._name_file(event.message, tone="bad")
        self.touch()

    def redraw(self) -> None:
        """Show the time line, the position and the comparison."""
        outline, bar = self._outline, self.seek_bar
        self.transport.show_active(active=self._active, can_start=self._path is not None)
        if outline is None:
            return
        if bar.markers is not outline.markers or bar.length_s != outline.length_s:
            bar.show_recording(outline.length_s, outline.markers, outline.losses_s, self._classes)
            bar.show_lane("then", self._recorded(outline))
            self.export.show_recording(self._path, self._scale)
            self._name_file(self._about(outline))
        if self._decided:
            self._decided = False
            bar.show_lane("now", runs([self._now[key] for key in sorted(self._now)], 0.6 * self._hop_s))
            self.differences.show_comparison(self._comparison.found)
        bar.show_position(min(max(0.0, self._position_s), outline.length_s))
        self.transport.show_place(bar.position_s, outline.length_s)

    def _recorded(self, outline: Outline) -> list[Stretch]:
        spans = sorted(outline.decisions, key=lambda span: span.end_s)
        steps = sorted(b.end_s - a.end_s for a, b in pairwise(spans))
        hop_s = steps[len(steps) // 2] if steps else self._hop_s
        return runs([Stretch(max(s.start_s, s.end_s - hop_s), s.end_s, label_of(s)) for s in spans], 0.6 * hop_s)

    def _about(self, outline: Outline) -> str:
        return (
            f"{Path(outline.path).name}: {outline.length_s:.1f} s, {len(outline.markers)} markers, "
            f"{len(outline.decisions)} decisions, {len(outline.losses_s)} gaps"
        )

    def _name_file(self, text: str, tone: theme.Tone = "") -> None:
        theme.set_tone(self.file, tone)
        self.file.setText(f"{theme.MARKS[tone]} {text}".strip())
        self.file.setToolTip(f"{self._path}\n{text}")

    def _choose(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open a recording", "", RECORDING_FILTER)
        if path:
            self.open_path(path)

    def _go_to(self, seconds: float) -> None:
        self.command.emit(Seek(seconds))

    def _play(self) -> None:
        """Ask for the session that plays the recording; what the recording says of it is read on a thread."""
        path, chosen = self._path, self.decoder.currentText()
        if path is None:
            return
        source = {"speed": self.transport.chosen_speed(), "loop": self.transport.loop.isChecked(), "wait_at_end": True}
        self._loading = Later(lambda: _session(path, chosen, source), self)
        self._loading.done.connect(self.start_session)
        self._loading.failed.connect(lambda text: self._name_file(text, tone="bad"))
        self._loading.start()


def _session(path: Path, decoder: str, source: dict[str, Any]) -> SessionSettings:
    named = "" if decoder in (AS_RECORDED, NO_DECODER) else decoder
    settings = replay_settings(path, decoder=named, source=source)
    return settings.model_copy(update={"decoder": None}) if decoder == NO_DECODER else settings


def build(settings: Settings) -> ReplayStep:
    """Make the step."""
    return ReplayStep()
