"""The main window: the path of steps in its centre, panels around it, toolbar and message bar above."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow, QStackedWidget, QWidget

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
from pipelines.plugins import make, names
from ui import layouts, preferences
from ui.appearance import Appearance
from ui.docks import Docks
from ui.draft import Draft
from ui.engine_client import EngineClient
from ui.menus import Menus
from ui.message_bar import MessageBar
from ui.panel import Panel
from ui.session_bar import SessionBar
from ui.session_files import RECORDING_FILTER, SESSION_FILTER, open_file, with_recorder
from ui.step import Step
from ui.step_bar import StepBar


class MainWindow(QMainWindow):
    """Everything a person sees. It survives the engine: a crash is a message, and another session can be started."""

    def __init__(self, client: EngineClient, store: QSettings | None = None) -> None:
        super().__init__()
        self.setWindowTitle("bci-app")
        self.client = client
        self.store = store or preferences.of_user()
        self.appearance = Appearance(self.store)
        self.draft = Draft(self)
        self._recording: set[str] = set()
        self.message_bar = MessageBar()
        self.bar = SessionBar()
        self.addToolBar(self.bar)
        self.panels: dict[str, Panel] = self._make_all("panels")
        steps: dict[str, Step] = self._make_all("steps")
        self.steps = dict(sorted(steps.items(), key=lambda item: item[1].order))
        self._build_centre()
        inside = {step.centre: step for step in reversed(self.steps.values()) if step.centre in self.panels}
        for name, step in inside.items():
            step.host(self.panels[name])
        around = {name: panel for name, panel in self.panels.items() if name not in inside}
        self.docks = Docks(self, around, self.store)
        Menus(self)
        self._connect()
        self._restore_geometry()
        self.step = next(iter(self.steps))
        self._come_to(self.step)
        self._show_running()

    def run(self, settings: SessionSettings) -> None:
        """Start a session, ending the one that runs; it becomes the draft."""
        self.draft.replace(f"session {settings.name}", settings)
        self.message_bar.clear()
        self.setWindowTitle(f"{settings.name} – bci-app")
        self.client.start(with_recorder(settings).model_dump(mode="json"))

    def _run_if_right(self, settings: SessionSettings) -> None:
        self._try(lambda: self.run(settings))

    def run_demo(self, seconds: float | None = None, folder: str = "recordings") -> None:
        """Start the simulated participant, recorded into a folder."""
        self._try(lambda: self.run(demo_session(seconds, folder)))
        self.go_to("signal")

    def open_path(self, path: str | Path) -> None:
        """Start the session of a TOML file, or replay a recording."""
        decoder, speed = self.bar.decoder_box.currentText(), self.bar.speed_box.currentData()
        if self._try(lambda: self.run(open_file(path, decoder, speed))):
            self.go_to("signal")

    def go_to(self, name: str) -> None:
        """Bring a step to the front; the docks stand as they did when it was last left."""
        if name != self.step and name in self.steps:
            self.docks.keep(self.step)
            self._come_to(name)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """End the engine, so that its recording is closed, then the window."""
        self.docks.keep(self.step)
        self.store.setValue("geometry", self.saveGeometry())
        self.store.sync()
        self.client.stop()
        super().closeEvent(event)

    def _come_to(self, name: str) -> None:
        self.step, step = name, self.steps[name]
        if step.centre in self.panels:
            step.host(self.panels[step.centre])
        self.stack.setCurrentWidget(step)
        self.step_bar.show_current(name)
        self.docks.arrange(name, step.shows)
        step.setFocus()  # keys belong to the page, not to the text of the next marker
        step.enter()

    def _try(self, action: Callable[[], None]) -> bool:
        try:
            action()
        except BciError as exc:
            self.message_bar.say("error", str(exc))
            return False
        return True

    def _make_all(self, kind: str) -> dict[str, Any]:
        """Make all plug-ins of a kind; one that cannot be made is a message, not the end of the window."""
        made: dict[str, Any] = {}
        for name in names(kind):
            try:
                made[name] = make(kind, {"kind": name})
            except BciError as exc:
                self.message_bar.say("warning", str(exc))
            else:
                made[name].attach(self.client)
        return made

    def _build_centre(self) -> None:
        self.stack = QStackedWidget()
        for step in self.steps.values():
            self.stack.addWidget(step)
            step.join(self.draft)
            step.start_session.connect(self._run_if_right)
        self.step_bar = StepBar(self.steps)
        self.step_bar.chosen.connect(self.go_to)
        centre = QWidget()
        column = layouts.column(centre, 0, (0, 0, 0, 0))
        column.addWidget(self.step_bar)
        column.addWidget(self.message_bar)
        column.addWidget(self.stack, 1)
        self.setCentralWidget(centre)

    def _connect(self) -> None:
        self.bar.open_session.triggered.connect(lambda: self._choose("Open a session file", SESSION_FILTER))
        self.bar.open_recording.triggered.connect(lambda: self._choose("Open a recording", RECORDING_FILTER))
        self.bar.demo.triggered.connect(lambda: self.run_demo())
        self.bar.start_stop.triggered.connect(self._toggle_running)
        self.bar.record.triggered.connect(self._toggle_recording)
        self.bar.set_marker.triggered.connect(self._insert_marker)
        self.draft.changed.connect(self._show_running)
        self.client.state.connect(self._on_state)
        self.client.notice.connect(self._on_notice)
        self.client.recording.connect(self._on_recording)
        self.client.running.connect(self._show_running)

    def _restore_geometry(self) -> None:
        stored = self.store.value("geometry")
        if not (isinstance(stored, QByteArray) and self.restoreGeometry(stored)):
            self.resize(1440, 900)

    def _choose(self, title: str, kinds: str) -> None:
        path, _ = QFileDialog.getOpenFileName(self, title, "", kinds)
        if path:
            self.open_path(path)

    def _toggle_running(self) -> None:
        if self.client.is_running:
            self.client.stop()
        else:
            self._try(lambda: self.run(self.draft.settings()))

    def _toggle_recording(self) -> None:
        self.client.send(StopRecording() if self._recording else StartRecording())

    def _insert_marker(self) -> None:
        self.client.send(InsertMarker(self.bar.marker_text.text().strip() or "marker"))

    def _on_state(self, event: StateEvent) -> None:
        self.bar.show_state(event.state)
        if event.state in (EngineState.IDLE, EngineState.FAILED):
            self._recording.clear()
            self.bar.show_recording(recording=False)
        if event.state is EngineState.FAILED:
            self.message_bar.say("error", event.message)
        elif event.state in (EngineState.STALE, EngineState.RECONNECTING):
            self.message_bar.say("warning", event.message or event.state.value, passing=True)
        else:
            self.message_bar.overcome()

    def _on_notice(self, event: NoticeEvent) -> None:
        if event.level != "info":
            self.message_bar.say(event.level, event.text)

    def _show_running(self) -> None:
        self.bar.show_running(running=self.client.is_running, can_start=self.draft.is_ready)

    def _on_recording(self, event: RecordingEvent) -> None:
        if event.active:
            self._recording.add(event.path)
        else:
            self._recording.discard(event.path)
        self.bar.show_recording(recording=bool(self._recording))
