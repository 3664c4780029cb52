"""The main window: the path of steps in its centre, panels around it, toolbar and message bar above."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings, Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow, QToolBar, QWidget

from bci_app.amplitudes import Doubt
from bci_app.commands import InsertMarker, StopRecording
from bci_app.config import NO_DECODER, SessionSettings, demo_session
from bci_app.events import EngineState, NoticeEvent, RecordingEvent, StateEvent
from bci_app.session_writing import save_session
from pipelines.errors import BciError
from pipelines.plugins import make, names
from ui import layouts, preferences, tab_order, warm_up
from ui.amplitude_watch import AmplitudeWatch
from ui.appearance import Appearance
from ui.docks import Docks
from ui.draft import Draft
from ui.engine_client import EngineClient
from ui.menus import Menus
from ui.message_bar import MessageBar
from ui.page_stack import PageStack
from ui.panel import Panel
from ui.recorder_table import recorder_of, request
from ui.session_bar import SessionBar
from ui.session_files import DECODERS, RECORDING_FILTER, SESSION_FILTER, open_file, with_recorder
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
        self._waiting: SessionSettings | None = None
        self._closed = False
        self.message_bar = MessageBar()
        self.bar = SessionBar()
        self.addToolBar(self.bar)
        self.panels: dict[str, Panel] = {}
        self.steps = self._make_steps()
        self._build_centre()
        self.docks = Docks(self, self.store)
        self.menus = Menus(self)
        self._connect()
        self._restore_geometry()
        self.step = next(iter(self.steps))
        self.is_whole = False
        self._come_to(self.step)
        self._show_running()
        # What plots needs slow imports: the first frame does without.
        deferred = warm_up.is_under_way()
        warm_up.then(partial(self._make_panels, names("panels"), one_by_one=deferred))

    def run(self, settings: SessionSettings) -> None:
        """Start a session, ending the one that runs; it becomes the draft."""
        if self._closed:
            return  # nobody would end the engine
        if not self.is_whole:
            self._waiting = settings
            return
        self.draft.replace(f"session {settings.name}", settings)
        self.message_bar.clear()
        self.setWindowTitle(f"{settings.name} – bci-app")
        self.client.switch(with_recorder(settings).model_dump(mode="json"))

    def _run_if_right(self, settings: SessionSettings) -> None:
        self._try(lambda: self.run(settings))

    def run_demo(self, seconds: float | None = None, folder: str = "recordings") -> None:
        """Start the simulated participant, recorded into a folder."""
        self._try(lambda: self.run(demo_session(seconds, folder)))
        self.go_to("signal")

    def open_path(self, path: str | Path) -> None:
        """Start the session of a TOML file, or replay a recording to the draft's decoder."""
        decoder = self.draft.values.get("decoder", {"name": DECODERS[0]})
        name = NO_DECODER if decoder is None else str(decoder.get("name", DECODERS[0]))
        if self._try(lambda: self.run(open_file(path, name))):
            self.go_to("signal")

    def save_as(self, path: str | Path) -> None:
        """Write what the window would run as a session file."""
        if self._try(lambda: save_session(self.draft.settings(), path)):
            self.message_bar.say("info", f"Saved as {path}")

    def restart(self) -> None:
        """Run the draft's session anew."""
        self._try(lambda: self.run(self.draft.settings()))

    def go_to(self, name: str) -> None:
        """Bring a step to the front; the docks stand as they did when it was last left."""
        if name != self.step and name in self.steps:
            self._keep_layout()
            size = self.size()
            self._come_to(name)
            # Where Qt made room for docks of both steps, it keeps it.
            QTimer.singleShot(0, self, lambda: None if self.isMaximized() else self.resize(size))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """End the engine, so that its recording is closed, then the window."""
        self._keep_layout()
        self.store.setValue("geometry", self.saveGeometry())
        self.store.sync()
        self._closed = True
        self.client.stop()
        super().closeEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802 - Qt's own
        """Let Tab go through the window as it is read."""
        parts = (self.bar, self.step_bar, self.message_bar, self.steps[self.step], *self.docks.read_order())
        return tab_order.move(parts, forward=forward) or super().focusNextPrevChild(forward)

    def _keep_layout(self) -> None:
        if self.is_whole:
            self.docks.keep(self.step)

    def _come_to(self, name: str) -> None:
        self.step, step = name, self.steps[name]
        with self.stack.giving_way():
            self.stack.setCurrentWidget(step)
            self.step_bar.show_current(name)
            if self.is_whole:
                self._bring_panels(step)
        step.setFocus()  # keys belong to the page, not to the text of the next marker
        step.enter()

    def _try(self, action: Callable[[], object]) -> bool:
        try:
            action()
        except BciError as exc:
            self.message_bar.say("error", str(exc))
            return False
        return True

    def _bring_panels(self, step: Step) -> None:
        if step.centre in self.panels:
            step.host(self.panels[step.centre])
        self.docks.arrange(self.step, step.shows)

    def _make(self, kind: str, name: str) -> Any:
        """Make a plug-in; one that cannot be made is a message and None, not the end of the window."""
        try:
            made = make(kind, {"kind": name})
        except BciError as exc:
            self.message_bar.say("warning", str(exc))
            return None
        made.attach(self.client)
        return made

    def _make_steps(self) -> dict[str, Step]:
        made = {name: step for name in names("steps") if (step := self._make("steps", name)) is not None}
        return dict(sorted(made.items(), key=lambda item: item[1].order))

    def _make_panels(self, missing: list[str], *, one_by_one: bool) -> None:
        """Make the panels, with a look at the event loop between two of them where the window is seen already."""
        inside = {step.centre: step for step in reversed(self.steps.values())}
        while missing and not self._closed:
            name, *missing = missing
            panel = self._make("panels", name)
            if panel is not None:
                self.panels[name] = panel
                if name in inside:
                    inside[name].host(panel)
                else:
                    self.menus.panels.addAction(self.docks.add(name, panel).toggleViewAction())
            if one_by_one:
                QTimer.singleShot(0, self, partial(self._make_panels, missing, one_by_one=True))
                return
        self.is_whole = True
        self._bring_panels(self.steps[self.step])
        if self._waiting is not None:
            self.run(self._waiting)

    def _build_centre(self) -> None:
        self.stack = PageStack()
        for step in self.steps.values():
            self.stack.addWidget(step)
            step.join(self.draft)
            step.start_session.connect(self._run_if_right)
        self.step_bar = StepBar(self.steps)
        self.step_bar.chosen.connect(self.go_to)
        path = QToolBar("Steps", movable=False)
        path.setObjectName("stepBar")
        path.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        path.addWidget(self.step_bar)
        self.addToolBarBreak()
        self.addToolBar(path)
        centre = QWidget()
        column = layouts.column(centre, 0, (0, 0, 0, 0))
        column.addWidget(self.message_bar)
        column.addWidget(self.stack, 1)
        self.setCentralWidget(centre)

    def _connect(self) -> None:
        self.bar.open_session.triggered.connect(lambda: self._choose("Open a session file", SESSION_FILTER))
        self.bar.open_recording.triggered.connect(lambda: self._choose("Open a recording", RECORDING_FILTER))
        self.bar.save_session.triggered.connect(self._choose_where_to_save)
        self.bar.demo.triggered.connect(lambda: self.run_demo())
        self.bar.start_stop.triggered.connect(self._toggle_running)
        self.bar.record.triggered.connect(self._toggle_recording)
        self.bar.set_marker.triggered.connect(self._insert_marker)
        self.draft.changed.connect(self._show_running)
        self.client.state.connect(self._on_state)
        self.client.hung.connect(self._on_hung)
        self.client.notice.connect(self._on_notice)
        self.client.recording.connect(self._on_recording)
        self.client.running.connect(self._show_running)
        AmplitudeWatch(self.client, self._doubt_amplitudes)

    def _restore_geometry(self) -> None:
        stored = self.store.value("geometry")
        if not (isinstance(stored, QByteArray) and self.restoreGeometry(stored)):
            room = self.screen().availableSize()
            self.resize(min(1440, room.width()), min(900, room.height()))

    def _choose(self, title: str, kinds: str) -> None:
        path, _ = QFileDialog.getOpenFileName(self, title, "", kinds)
        if path:
            self.open_path(path)

    def _choose_where_to_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save as a session file", "session.toml", SESSION_FILTER)
        if path:
            self.save_as(path)

    def _toggle_running(self) -> None:
        if self.client.is_running:
            self.client.end()
        else:
            self.restart()

    def _toggle_recording(self) -> None:
        labelled = request(recorder_of(self.draft.values))
        self.client.send(StopRecording() if self._recording else labelled)

    def _insert_marker(self) -> None:
        self.client.send(InsertMarker(self.bar.marker_text.text().strip() or "marker"))

    def _on_state(self, event: StateEvent) -> None:
        self.bar.show_state(event.state)
        if event.state in (EngineState.IDLE, EngineState.FAILED):
            self._recording.clear()
            self.bar.show_recording(recording=False)
        if event.state is EngineState.FAILED:
            remedy = ("Restart", self.restart) if self.draft.is_ready else None
            self.message_bar.say("error", event.message, remedy=remedy)
        elif event.state in (EngineState.STALE, EngineState.RECONNECTING):
            self.message_bar.say("warning", event.message or event.state.value, passing=True)
        else:
            self.message_bar.overcome()

    def _on_hung(self, silent_s: float) -> None:
        if silent_s:
            text = f"The engine does not answer since {silent_s:.1f} s; what it has recorded is readable."
            self.message_bar.say("error", text, passing=True, remedy=("Restart", self.restart))
        else:
            self.message_bar.overcome()

    def _on_notice(self, event: NoticeEvent) -> None:
        if event.level != "info":
            self.message_bar.say(event.level, event.text)

    def _doubt_amplitudes(self, found: Doubt) -> None:
        """Tell it; a recording can be read otherwise by one click, which Undo takes back."""
        source = dict(self.draft.values.get("source") or {})
        remedy = None
        if found.remedy() and source.get("kind") == "recording":
            scaled = {**source, "scale": source.get("scale", 1.0) * found.factor}

            def read_otherwise() -> None:
                self.draft.choose("amplitudes of the recording", source=scaled)
                self.restart()

            remedy = (found.remedy(), read_otherwise)
        self.message_bar.say("warning", found.words(), remedy=remedy)

    def _show_running(self) -> None:
        self.bar.show_running(running=self.client.is_running, can_start=self.draft.is_ready)

    def _on_recording(self, event: RecordingEvent) -> None:
        if event.active:
            self._recording.add(event.path)
        else:
            self._recording.discard(event.path)
        self.bar.show_recording(recording=bool(self._recording))
