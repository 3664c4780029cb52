"""The toolbar: open, start, record, set markers, and the engine's state. It only says what was asked for."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QLabel, QLineEdit, QSizePolicy, QToolBar, QWidget

from bci_app.events import EngineState
from ui import layouts, theme


class SessionBar(QToolBar):
    """Actions that are always at hand; the window connects them, and lists them in its menus."""

    def __init__(self) -> None:
        super().__init__("Session", movable=False)
        self.setObjectName("sessionBar")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.save_session = QAction("&Save as session file …", self)
        self.save_session.setShortcut(QKeySequence.StandardKey.Save)
        self.open_session = self._action("Open session …", "Ctrl+O", "Run a session file (TOML)")
        self.open_recording = self._action("Open recording …", "Ctrl+R", "Replay a recording")
        self.demo = self._action("Demo", "Ctrl+D", "Run the simulated participant")
        self.addSeparator()
        self.start_stop = self._action("Start", "F5", "Start the session, or stop the one that runs")
        self.record = self._action("Record", "F6", "Begin a recording, or end it")
        self.addSeparator()
        self.marker_text = QLineEdit("marker", maxLength=100, placeholderText="marker text")
        self.marker_text.setFixedWidth(130)
        layouts.name(self.marker_text, "Text of the next marker", "What the next marker says (M sets it)")
        self.addWidget(self.marker_text)
        self.set_marker = self._action("Set marker (M)", "M", "Stamp a marker now")
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(space)
        self.state_chip = QLabel("idle", alignment=Qt.AlignmentFlag.AlignCenter)
        self.state_chip.setProperty("role", "chip")
        self.state_chip.setMinimumSize(QSize(110, 26))
        self.addWidget(self.state_chip)
        self.show_state(EngineState.IDLE)

    def _action(self, text: str, key: str, tip: str) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(key))
        action.setToolTip(f"{tip} ({key})")
        self.addAction(action)
        return action

    def show_running(self, *, running: bool, can_start: bool) -> None:
        """Offer what makes sense while an engine runs, or does not."""
        self.start_stop.setText("Stop" if running else "Start")
        self.start_stop.setEnabled(running or can_start)
        self.save_session.setEnabled(can_start)
        self.record.setEnabled(running)
        self.set_marker.setEnabled(running)

    def show_recording(self, *, recording: bool) -> None:
        """Offer to begin a recording, or to end it."""
        self.record.setText("Stop recording" if recording else "Record")

    def show_state(self, state: EngineState) -> None:
        """Say where the engine stands."""
        tone = theme.TONE_OF_STATE[state]
        self.state_chip.setText(f"{theme.MARKS[tone]} {state.value}")
        theme.set_tone(self.state_chip, tone)
