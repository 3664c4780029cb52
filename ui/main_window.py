"""The main window: toolbar, message bar, and the panels around the engine's client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QDockWidget,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMainWindow,
    QSizePolicy,
    QToolBar,
    QWidget,
)

from bci_app.config import SessionSettings, demo_session
from bci_app.events import (
    EngineState,
    InsertMarker,
    NoticeEvent,
    RecordingEvent,
    StartRecording,
    StateEvent,
    StopRecording,
)
from pipelines.errors import BciError
from pipelines.plugins import make
from ui import layouts, theme
from ui.engine_client import EngineClient
from ui.message_bar import MessageBar
from ui.panel import Panel
from ui.session_files import DECODERS, RECORDING_FILTER, SESSION_FILTER, SPEEDS, open_file, with_recorder

SIDE = ("decision", "status", "timing")


class MainWindow(QMainWindow):
    """Everything a person sees. It survives the engine: a crash is a message, and another session can be started."""

    def __init__(self, client: EngineClient) -> None:
        super().__init__()
        self.setWindowTitle("bci-app")
        self.resize(1440, 900)
        self.client = client
        self._settings: SessionSettings | None = None
        self._recording: set[str] = set()
        self.message_bar = MessageBar()
        self.panels: dict[str, Panel] = {}
        self._build_toolbar()
        self._build_panels()
        client.state.connect(self._on_state)
        client.notice.connect(self._on_notice)
        client.recording.connect(self._on_recording)
        client.running.connect(self._on_running)
        self._on_running(running=False)
        self.panels["traces"].setFocus()

    def run(self, settings: SessionSettings) -> None:
        """Start a session, ending the one that runs."""
        self._settings = settings = with_recorder(settings)
        self.message_bar.clear()
        self.setWindowTitle(f"{settings.name} – bci-app")
        self.client.start(settings.model_dump(mode="json"))

    def run_demo(self, seconds: float | None = None, folder: str = "recordings") -> None:
        """Start the simulated participant, recorded into a folder."""
        self._try(lambda: self.run(demo_session(seconds, folder)))

    def open_path(self, path: str | Path) -> None:
        """Start the session of a TOML file, or replay a recording."""
        decoder, speed = self.decoder_box.currentText(), self.speed_box.currentData()
        self._try(lambda: self.run(open_file(path, decoder, speed)))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """End the engine, so that its recording is closed, then the window."""
        self.client.stop()
        super().closeEvent(event)

    def _try(self, action: Callable[[], None]) -> None:
        try:
            action()
        except BciError as exc:
            self.message_bar.say("error", str(exc))

    def _build_toolbar(self) -> None:
        bar = QToolBar("Session", movable=False)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.addToolBar(bar)
        self.open_session = self._action(bar, "Open session …", "Ctrl+O", self._choose_session)
        self.open_recording = self._action(bar, "Open recording …", "Ctrl+R", self._choose_recording)
        self.demo = self._action(bar, "Demo", "Ctrl+D", self.run_demo)
        bar.addSeparator()
        self.start_stop = self._action(bar, "Start", "F5", self._toggle_running)
        self.record = self._action(bar, "Record", "F6", self._toggle_recording)
        bar.addSeparator()
        self.marker_text = QLineEdit("marker", maxLength=100, placeholderText="marker text")
        self.marker_text.setFixedWidth(130)
        bar.addWidget(self.marker_text)
        self.set_marker = self._action(bar, "Set marker (M)", "M", self._insert_marker)
        bar.addSeparator()
        self.decoder_box, self.speed_box = QComboBox(), QComboBox()
        self.decoder_box.addItems(DECODERS)
        for text, speed in SPEEDS.items():
            self.speed_box.addItem(text, speed)
        for text, box in (("Recordings: decoder", self.decoder_box), ("speed", self.speed_box)):
            bar.addWidget(layouts.muted(text))
            bar.addWidget(box)
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(space)
        self.state_chip = QLabel("idle", alignment=Qt.AlignmentFlag.AlignCenter)
        self.state_chip.setMinimumSize(QSize(110, 26))
        bar.addWidget(self.state_chip)
        self._show_state(EngineState.IDLE)

    def _action(self, bar: QToolBar, text: str, key: str, slot: Callable[[], object]) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(key))
        action.setToolTip(f"{text} ({key})")
        action.triggered.connect(lambda _checked=False: slot())
        bar.addAction(action)
        return action

    def _build_panels(self) -> None:
        centre = QWidget()
        column = layouts.column(centre, 0, (0, 0, 0, 0))
        column.addWidget(self.message_bar)
        column.addWidget(self._make_panel("traces"), 1)
        self.setCentralWidget(centre)
        docks = [self._dock(name, Qt.DockWidgetArea.RightDockWidgetArea) for name in SIDE]
        messages = self._dock("messages", Qt.DockWidgetArea.BottomDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.resizeDocks(docks, [390] * len(docks), Qt.Orientation.Horizontal)
        self.resizeDocks(docks, [440, 200, 200], Qt.Orientation.Vertical)
        self.resizeDocks([messages], [84], Qt.Orientation.Vertical)

    def _dock(self, name: str, area: Qt.DockWidgetArea) -> QDockWidget:
        panel = self._make_panel(name)
        dock = QDockWidget(panel.title, self)
        dock.setObjectName(name)
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        )
        dock.setWidget(panel)
        self.addDockWidget(area, dock)
        return dock

    def _make_panel(self, name: str) -> Panel:
        panel: Panel = make("panels", {"kind": name})
        panel.attach(self.client)
        self.panels[name] = panel
        return panel

    def _choose_session(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open a session file", "", SESSION_FILTER)
        if path:
            self.open_path(path)

    def _choose_recording(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open a recording", "", RECORDING_FILTER)
        if path:
            self.open_path(path)

    def _toggle_running(self) -> None:
        if self.client.is_running:
            self.client.stop()
        elif self._settings is not None:
            self.run(self._settings)

    def _toggle_recording(self) -> None:
        self.client.send(StopRecording() if self._recording else StartRecording())

    def _insert_marker(self) -> None:
        self.client.send(InsertMarker(self.marker_text.text().strip() or "marker"))

    def _on_state(self, event: StateEvent) -> None:
        self._show_state(event.state)
        if event.state in (EngineState.IDLE, EngineState.FAILED):
            self._recording.clear()
            self._name_record_button()
        if event.state is EngineState.FAILED:
            self.message_bar.say("error", event.message)
        elif event.state in (EngineState.STALE, EngineState.RECONNECTING):
            self.message_bar.say("warning", event.message or event.state.value, passing=True)
        else:
            self.message_bar.overcome()

    def _on_notice(self, event: NoticeEvent) -> None:
        if event.level != "info":
            self.message_bar.say(event.level, event.text)

    def _on_running(self, running: bool) -> None:
        self.start_stop.setText("Stop" if running else "Start")
        self.start_stop.setEnabled(running or self._settings is not None)
        self.record.setEnabled(running)
        self.set_marker.setEnabled(running)

    def _on_recording(self, event: RecordingEvent) -> None:
        if event.active:
            self._recording.add(event.path)
        else:
            self._recording.discard(event.path)
        self._name_record_button()

    def _name_record_button(self) -> None:
        self.record.setText("Stop recording" if self._recording else "Record")

    def _show_state(self, state: EngineState) -> None:
        self.state_chip.setText(state.value)
        self.state_chip.setStyleSheet(
            f"background: {theme.STATE_COLOURS[state]}; color: {theme.BACKGROUND}; font-weight: 600;"
            "border-radius: 4px; padding: 2px 12px;"
        )
