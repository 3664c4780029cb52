"""A calibration run from beginning to end: recording, paradigm, training beside the session, the new decoder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QScreen

from bci_app.adaptation_result import Adaptation
from bci_app.commands import StartRecording, StopRecording, UseDecoder
from bci_app.events import DecoderEvent, NoticeEvent, RecordingEvent
from bci_app.frame_player import StimulusTiming
from bci_app.paradigm import Paradigm
from ui.scouting import Scouting
from ui.stimulus_window import StimulusWindow

Stage = Literal["idle", "showing", "saving", "training", "trained", "failed"]
SETTLE_MS = 1500
"""A recording that goes on has the last markers on the disk after so long."""
ERRAND = "bci_app.adaptation:adapt_quietly"


class CalibrationRun(QObject):
    """What the step of the paradigms commands. It speaks to the engine by commands alone."""

    command = Signal(object)
    """For the engine."""
    moved = Signal()
    """Something is to be shown anew."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stage: Stage = "idle"
        self.words = ""
        """What went wrong, or what is waited for."""
        self.stimuli: StimulusWindow | None = None
        self.timing: StimulusTiming | None = None
        self.result: Adaptation | None = None
        self.deploys_itself = True
        """Whether a better decoder takes over without being asked."""
        self.in_use = ""
        """Folder of the decoder that was deployed and still decides; empty: none."""
        self.is_changing = False
        """Whether the engine was asked for another decoder and has not answered yet."""
        self._recording = ""
        self._own_recording = False
        self._scouting = Scouting(self)
        self._scouting.answered.connect(self._trained)
        self._scouting.failed.connect(self._fail)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._train)

    @property
    def is_busy(self) -> bool:
        """Whether a run or a training is under way."""
        return self.stage in ("showing", "saving", "training")

    def start(self, paradigm: Paradigm, screen: QScreen | None = None, *, full_screen: bool = True) -> None:
        """Open the stimulus window; a recording is begun where none runs."""
        if self.is_busy:
            return
        self._close_window()
        self.timing, self.result = None, None
        self._own_recording = not self._recording
        if self._own_recording:
            self.command.emit(StartRecording())
        self.stimuli = StimulusWindow(paradigm, screen, full_screen=full_screen)
        self.stimuli.command.connect(self.command)
        self.stimuli.moved.connect(self.moved)
        self.stimuli.refused.connect(self._refuse)
        self.stimuli.finished.connect(self._shown)
        self.stimuli.gone.connect(self._let_go)
        self._come_to("showing")

    def stop(self) -> None:
        """End the run, or give the training up."""
        self._close_window()
        if self.stage == "training":
            self._scouting.call_back()
            self._come_to("idle", "the training was given up")

    def abandon(self) -> None:
        """The engine has ended: nothing that comes later can be used."""
        self._recording, self.in_use, self.is_changing = "", "", False
        if self.stage in ("showing", "saving"):
            self.timing = None
            self._settle.stop()
            self._come_to("failed", "the session ended before the run did")
            self._close_window()

    def deploy(self) -> None:
        """Let the new decoder decide."""
        if self.result is not None:
            self._ask(self.result.folder)

    def undo(self) -> None:
        """Let the decoder before decide again."""
        self._ask("")

    def _ask(self, name: str) -> None:
        self.is_changing = True
        self.command.emit(UseDecoder(name))
        self.moved.emit()

    def on_notice(self, event: NoticeEvent) -> None:
        """Hear whether the engine could not do what it was asked for; the window's message bar tells it."""
        if event.level != "info" and self.is_changing:
            self.is_changing = False
            self.moved.emit()

    def on_decoder(self, event: DecoderEvent) -> None:
        """Take which decoder decides."""
        self.is_changing = False
        mine = self.result is not None and event.model_id == self.result.model_id
        self.in_use = self.result.folder if mine and self.result is not None else ""
        self.moved.emit()

    def on_recording(self, event: RecordingEvent) -> None:
        """Follow the recording of the run."""
        if event.active:
            self._recording = event.path
        elif event.path == self._recording:
            path, self._recording = self._recording, ""
            if self.stage == "showing" and self._own_recording:
                self._own_recording = False
                self.words = f"the recording ended early: {event.fault or 'by hand'}"
            elif self.stage == "saving":
                self._train_on(path)
        self.moved.emit()

    def _shown(self, timing: StimulusTiming | None, complete: bool) -> None:
        if self.stage != "showing":
            return  # it was refused, or the session is over
        self.timing = timing
        if timing is None:
            self._stop_own()
            self._come_to("idle", "nothing was shown")
        elif not self._recording:
            self._come_to("failed", self.words or "the run was not recorded: this session has no recorder")
        else:
            self._come_to("saving", "" if complete else "the run was ended early; what was shown is used")
            if self._own_recording:
                self._stop_own()
            else:
                self._settle.start()

    def _close_window(self) -> None:
        if self.stimuli is not None:
            self.stimuli.close()

    def _let_go(self) -> None:
        window, self.stimuli = self.stimuli, None
        if window is not None:
            window.deleteLater()
        self.moved.emit()

    def _stop_own(self) -> None:
        if self._own_recording and self._recording:
            self.command.emit(StopRecording())
        self._own_recording = False

    def _refuse(self, why: str) -> None:
        self._stop_own()
        self._come_to("failed", why)

    def _train(self) -> None:
        if self._recording:
            self._train_on(self._recording)

    def _train_on(self, path: str) -> None:
        file = Path(path)
        self._come_to("training")
        self._scouting.send(ERRAND, str(file), str(file.with_name(f"{file.stem}_decoder")))

    def _trained(self, result: Adaptation) -> None:
        self.result = result
        self._come_to("trained", result.verdict())
        if result.better and self.deploys_itself:
            self.deploy()

    def _fail(self, why: str) -> None:
        self._come_to("failed", why)

    def _come_to(self, stage: Stage, words: str = "") -> None:
        self.stage, self.words = stage, words
        self.moved.emit()
