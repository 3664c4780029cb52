"""Play, pause, step, loop, speed: what a replay is told, and how it goes now."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QComboBox, QLabel, QToolButton, QWidget

from bci_app.commands import Pause, Resume, SetLoop, SetSpeed, Step
from bci_app.events import PlaybackEvent
from devices.pacing import Speed
from ui import layouts
from ui.seek_bar import clock

SPEEDS: dict[str, Speed] = {
    "0.25×": 0.25, "0.5×": 0.5, "1×": 1.0, "2×": 2.0, "4×": 4.0, "8×": 8.0, "16×": 16.0, "32×": 32.0, "max": "max",
}  # fmt: skip


class Transport(QWidget):
    """Says what is asked for by :attr:`command`; shows what the engine answers."""

    command = Signal(object)
    """Emitted with a play command."""
    asked_to_start = Signal()
    """Play was pressed while nothing is played."""

    def __init__(self) -> None:
        super().__init__()
        self._paused = True
        self._active = False
        row = layouts.row(self, 6, (0, 0, 0, 0))
        self.play = self._button("▶ Play", "Space", "Play, or pause")
        self.step = self._button("Step ▸|", ".", "Play up to the next window, then pause")
        self.loop = self._button("↻ Loop", "L", "Begin again at the end")
        self.loop.setCheckable(True)
        self.speed = QComboBox()
        self.speed.setToolTip("Speed: 1× is real time; decisions are the same at any speed")
        self.speed.setAccessibleName("Speed of the replay")
        for text, value in SPEEDS.items():
            self.speed.addItem(text, value)
        self.speed.setCurrentText("1×")
        self.place = QLabel("–")
        self.place.setMinimumWidth(120)
        for widget in (self.play, self.step, self.loop, layouts.muted("Speed"), self.speed, self.place):
            row.addWidget(widget)
        row.addStretch(1)
        self.play.clicked.connect(self._toggle)
        self.step.clicked.connect(lambda: self.command.emit(Step()))
        self.loop.clicked.connect(lambda on: self.command.emit(SetLoop(on)))
        self.speed.activated.connect(lambda _: self.command.emit(SetSpeed(self.chosen_speed())))
        self.show_active(active=False, can_start=False)

    def chosen_speed(self) -> Speed:
        """Return the speed that is set."""
        speed = self.speed.currentData()
        return "max" if speed == "max" else float(speed)

    def show_active(self, *, active: bool, can_start: bool) -> None:
        """Offer what makes sense while a recording is played, or is not."""
        self._active = active
        self._paused |= not active
        self.play.setEnabled(active or can_start)
        self.step.setEnabled(active)
        self._name_play()

    def show_playback(self, event: PlaybackEvent) -> None:
        """Show how the replay goes."""
        state = event.state
        self._paused = state.paused
        self.loop.setChecked(state.loop)
        text = next((text for text, speed in SPEEDS.items() if speed == state.speed), None)
        if text is None:
            text = f"{state.speed:g}×"
            self.speed.addItem(text, state.speed)
        self.speed.setCurrentText(text)
        self._name_play()

    def show_place(self, position_s: float, length_s: float) -> None:
        """Show the position."""
        self.place.setText(f"{clock(position_s)} / {clock(length_s)}")

    def _toggle(self) -> None:
        if not self._active:
            self.asked_to_start.emit()
        else:
            self.command.emit(Resume() if self._paused else Pause())

    def _name_play(self) -> None:
        self.play.setText("▶ Play" if self._paused else "‖ Pause")

    def _button(self, text: str, key: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setShortcut(QKeySequence(key))
        button.setToolTip(f"{tip} ({key})")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        return button
