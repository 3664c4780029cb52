"""One run of a paradigm on a second screen: instructions, the run frame by frame, pause, and how exact it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from PySide6.QtCore import QObject, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QScreen
from PySide6.QtWidgets import QApplication

from bci_app.commands import InsertMarker
from bci_app.frame_player import FramePlayer
from bci_app.letter_feedback import LetterFeedback
from bci_app.paradigm import Paradigm
from bci_app.scenes import Letters
from devices.clock import now_s
from pipelines.decision import Decision
from pipelines.errors import ConfigError
from ui.refresh_rate import measured
from ui.stimulus_painter import paint, paint_progress, paint_words
from ui.stimulus_screens import GlScreen, Screen, TimerScreen, has_opengl, nominal_hz

Phase = Literal["measuring", "ready", "running", "paused", "done"]
SETTLE_FRAMES, MEASURED_FRAMES = 10, 100
"""Frames before the refresh rate is measured, and those it is measured on."""
SILENT_MS = 6000
"""A screen that is not measured by then shows no frames."""
MakeScreen = Callable[[Callable[[QPainter, QSizeF], None]], Screen]


class StimulusWindow(QObject):
    """Shows a paradigm, and says by commands what appeared when.

    Space begins, pauses and goes on; Escape ends.

    Parameters
    ----------
    paradigm
        What is run.
    screen
        Where; None: the second screen if there is one.
    full_screen
        Whether the window fills the screen.
    kind
        What shows the frames; None: OpenGL where there is any, else a timer.
    """

    command = Signal(object)
    """A marker for the engine."""
    moved = Signal()
    """The phase is another, or a stimulus came up."""
    finished = Signal(object, bool)
    """StimulusTiming of the run, and whether it was shown to its end."""
    gone = Signal()
    """The window has been closed."""
    refused = Signal(str)
    """The paradigm cannot be shown on this screen; the text says why."""

    def __init__(
        self,
        paradigm: Paradigm,
        screen: QScreen | None = None,
        *,
        full_screen: bool = True,
        kind: MakeScreen | None = None,
    ) -> None:
        super().__init__()
        self.paradigm = paradigm
        self.phase: Phase = "measuring"
        self.player: FramePlayer | None = None
        self.shown: Counter[str] = Counter()
        """How often each class has come up."""
        self._screen_of, self._full_screen = screen or second_screen(), full_screen
        self._stamps_s: list[float] = []
        self._feedback = LetterFeedback(paradigm.recipe.hop_s)
        self._ended = self._is_gone = False
        self._watch = QTimer(self, singleShot=True, interval=SILENT_MS)
        self._watch.timeout.connect(self._miss_frames)
        self.window = self._open(kind or (GlScreen if has_opengl() else TimerScreen))

    def begin(self) -> None:
        """Begin the run, once the refresh rate is known."""
        if self.phase == "ready" and self.player is not None:
            self.command.emit(self.player.first_marker(now_s()))
            self._come_to("running")

    def toggle_pause(self) -> None:
        """Pause, or go on."""
        if self.player is None:
            return
        if self.phase == "running":
            for marker in self.player.pause(now_s()):
                self.command.emit(marker)
            self._come_to("paused")
        elif self.phase == "paused":
            self.player.resume()
            self._come_to("running")

    def close(self) -> None:
        """End the run and take the window away; may be called twice."""
        if self._is_gone:
            return
        self._is_gone = True
        self._finish(complete=False)
        self.window.halt()
        self.window.close()
        self.window.deleteLater()
        self.gone.emit()

    def decide(self, decision: Decision) -> None:
        """Take a decision: where letters are spelled it counts for one of them."""
        self._feedback.decide(decision)

    def _miss_frames(self) -> None:
        """A driver that shows no frames must not keep a person waiting."""
        if self.phase == "measuring" and self.window.can_lock and not self._is_gone:
            self._fall_back()

    def _open(self, kind: MakeScreen) -> Screen:
        window = kind(self._paint)
        window.setTitle(self.paradigm.title)
        if self._screen_of is not None:
            window.setScreen(self._screen_of)
            window.setGeometry(self._screen_of.geometry())
        window.frame_shown.connect(self._take_frame)
        window.key.connect(self._take_key)
        window.closed.connect(self.close)
        if self._full_screen:
            window.setCursor(Qt.CursorShape.BlankCursor)
            window.showFullScreen()
        else:
            window.resize(960, 640)
            window.show()
        window.run()
        if window.can_lock:
            self._watch.start()
        return window

    def _take_frame(self, time_s: float) -> None:
        if self.phase == "measuring":
            self._measure(time_s)
        elif self.phase == "running" and self.player is not None:
            for marker in self.player.shown(time_s):
                self._tell(marker)
            if self.player.came_up is not None and self.player.came_up.beep:
                QApplication.beep()
            if self.player.done:
                self._finish(complete=True)

    def _measure(self, time_s: float) -> None:
        self._stamps_s.append(time_s)
        if len(self._stamps_s) < SETTLE_FRAMES + MEASURED_FRAMES:
            return
        claimed_hz = nominal_hz(self.window.screen())
        rate = measured(self._stamps_s[SETTLE_FRAMES:], claimed_hz)
        if self.window.can_lock and not rate.locked:
            # Swaps that do not wait for the screen would play the run at any speed.
            self._fall_back()
            return
        locked = self.window.can_lock
        try:
            # A timer's plan is the rate it is set to.
            self.player = FramePlayer(self.paradigm, rate.hz if locked else claimed_hz, frame_locked=locked)
        except ConfigError as exc:
            self.refused.emit(str(exc))
            self.close()
            return
        self._come_to("ready")

    def _fall_back(self) -> None:
        old = self.window
        old.frame_shown.disconnect(self._take_frame)
        old.closed.disconnect(self.close)
        old.halt()
        self._stamps_s.clear()
        self.window = self._open(TimerScreen)
        old.close()
        old.deleteLater()

    def _tell(self, marker: InsertMarker) -> None:
        self.command.emit(marker)
        for spelled in self._feedback.mark(marker):
            self.command.emit(spelled)
        if marker.label in self.paradigm.classes:
            self.shown[marker.label] += 1
        self.moved.emit()

    def _take_key(self, key: int) -> None:
        if key == Qt.Key.Key_Escape or (self.phase == "done" and key == Qt.Key.Key_Space):
            self.close()
        elif key == Qt.Key.Key_Space:
            self.begin() if self.phase == "ready" else self.toggle_pause()

    def _finish(self, *, complete: bool) -> None:
        if self._ended:
            return
        self._ended = True
        began = self.player is not None and self.phase in ("running", "paused")
        if self.player is not None and began:
            for spelled in self._feedback.end(now_s()):
                self.command.emit(spelled)
            self.command.emit(self.player.last_marker(now_s()))
        self._come_to("done")
        self.window.halt()
        self.window.update()  # the last page needs one frame
        self.finished.emit(self.player.timing() if self.player is not None and began else None, complete)

    def _come_to(self, phase: Phase) -> None:
        self.phase = phase
        self.moved.emit()

    def _paint(self, painter: QPainter, size: QSizeF) -> None:
        if self.phase != "running" or self.player is None:
            paint_words(painter, size, *self._words())
            return
        scene, frame = self.player.next_scene()
        if isinstance(scene, Letters):
            scene = replace(scene, spelled=self._feedback.spelled, chosen=self._feedback.chosen_now(now_s()))
        paint(painter, size, scene, frame, self.player.refresh_hz)
        counts = "   ".join(f"{name.replace('_', ' ')} {self.shown[name]}/{n}" for name, n in self._counts.items())
        paint_progress(painter, size, self.player.progress, counts)

    @property
    def _counts(self) -> dict[str, int]:
        return self.paradigm.counts

    def _words(self) -> tuple[str, str, str]:
        minutes = f"{self.paradigm.duration_s / 60:.1f} min"
        if self.phase == "done":
            timing = self.player.timing().sentence() if self.player is not None else ""
            return "Done", "Thank you. You may relax.", f"{timing}\nSpace or Escape closes this window"
        if self.phase == "paused":
            return "Pause", self.paradigm.instructions, "Space goes on with the trial that was interrupted, Escape ends"
        if self.phase == "measuring":
            return self.paradigm.title, self.paradigm.instructions, "Measuring the screen …"
        assert self.player is not None
        lock = "locked to the screen" if self.window.can_lock else "by a timer, not locked to the screen"
        return (
            f"{self.paradigm.title}, {minutes}",
            self.paradigm.instructions,
            f"Space begins and pauses, Escape ends.   {self.player.refresh_hz:.2f} Hz, {lock}",
        )


def second_screen() -> QScreen | None:
    """Return the screen beside the first one; the first where there is no other."""
    screens = QGuiApplication.screens()
    return screens[1] if len(screens) > 1 else QGuiApplication.primaryScreen()
