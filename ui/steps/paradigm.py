"""Step 5, paradigms: choose what is shown, run it on a second screen, and let a decoder learn from it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QListWidget, QPushButton, QWidget

from bci_app.events import DecoderEvent, EngineState, NoticeEvent, RecordingEvent, Session, StateEvent
from bci_app.paradigm import Paradigm
from pipelines.decision import Decision
from pipelines.errors import BciError
from pipelines.percent import percent
from pipelines.plugins import PluginSettings, load, make, names
from ui import layouts, theme
from ui.calibration_result import CalibrationResult
from ui.calibration_run import CalibrationRun
from ui.paradigm_preview import ParadigmPreview
from ui.settings_form import SettingsForm, scrolled
from ui.step import ORDER, Step

FIRST = (
    *("tasks", "task", "task_text", "word", "frequencies_hz", "wave"),
    *("blocks", "trials_per_block", "targets_per_block", "rounds", "estimator", "seed"),
)
"""Fields of a paradigm's form that are shown at once, where it has them."""
FORM_PX = 220
"""Least width of the form: what can be typed stays in sight."""
NOT_RUNNING = "Start a session first (F5): the run is recorded with it."
NOT_CUED = (
    "The simulated participant follows a course of its own. Where its paradigm (step 1) is “cued”, it does what the "
    "cues say."
)
SAVING = "Saving the run …"
TRAINING = "Learning from the run, beside the session …"


class Settings(PluginSettings):
    """No settings."""


class ParadigmStep(Step):
    """Paradigms on the left, the chosen one's settings beside them; preview, run and results on the right."""

    title = "Paradigm"
    order = ORDER.index("paradigm") + 1
    hint = "Show cues or stimuli on a second screen, record them, and train a decoder on the run"
    shows = ("decision", "messages")

    def __init__(self) -> None:
        super().__init__()
        self.paradigm: Paradigm | None = None
        self.form: SettingsForm | None = None
        self._running = False
        self._source: dict[str, Any] = {}
        self.kinds_of_row = names("paradigms")
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.refresh)
        self.run = CalibrationRun(self)
        self.run.command.connect(self.command)
        self.run.moved.connect(self._follow)
        self._build()
        self.kinds.setCurrentRow(self.kinds_of_row.index("imagery"))
        self.kinds.currentRowChanged.connect(self._on_chosen)
        self._show_form({})

    @property
    def kind(self) -> str:
        """The paradigm that is chosen."""
        return self.kinds_of_row[self.kinds.currentRow()]

    def table(self) -> dict[str, Any]:
        """Return the paradigm's table, as a session file says it."""
        return {"kind": self.kind, **(self.form.values() if self.form is not None else {})}

    def on_draft(self) -> None:
        """Show the paradigm of the draft."""
        table = self.draft.values.get("paradigm") or {}
        self._source = dict(self.draft.values.get("source") or {})
        if table.get("kind") in self.kinds_of_row and table != self.table():
            self.kinds.blockSignals(True)
            self.kinds.setCurrentRow(self.kinds_of_row.index(table["kind"]))
            self.kinds.blockSignals(False)
            self._show_form({key: value for key, value in table.items() if key != "kind"})
        self._follow()

    def start(self) -> None:
        """Open the second window with the paradigm; a person begins it there, or by the same button."""
        if self.run.stimuli is not None and self.run.stage == "showing":
            self.run.stimuli.begin() if self.run.stimuli.phase == "ready" else self.run.stimuli.toggle_pause()
            return
        if self.paradigm is None:
            return
        self.run.deploys_itself = self.by_itself.isChecked()
        screen = QGuiApplication.screens()[self.screens.currentIndex()]
        self.run.start(self.paradigm, screen, full_screen=self.full_screen.isChecked())

    def follow_cues(self) -> None:
        """Run the session anew with a simulated participant that does what the cues say."""
        source = dict(self.draft.values.get("source") or self._source)
        self.draft.choose("the simulated participant follows the cues", source={**source, "paradigm": "cued"})
        try:
            self.start_session.emit(self.draft.settings())
        except BciError as exc:
            self._say(f"✖ {exc}", "bad")

    def on_session(self, session: Session) -> None:
        """Take whom the session listens to."""
        self._source = dict(dict(session.settings).get("source") or {})
        self.touch()

    def on_state(self, event: StateEvent) -> None:
        """Take whether there is an engine to record with."""
        self._running = event.state not in (EngineState.IDLE, EngineState.FAILED)
        if not self._running:
            self.run.abandon()
        self.touch()

    def on_recording(self, event: RecordingEvent) -> None:
        """Follow the recording."""
        self.run.on_recording(event)

    def on_decoder(self, event: DecoderEvent) -> None:
        """Follow who decides."""
        self.run.on_decoder(event)

    def on_notice(self, event: NoticeEvent) -> None:
        """Follow what could not be done."""
        self.run.on_notice(event)

    def on_decision(self, decision: Decision) -> None:
        """Let a speller hear it."""
        if self.run.stimuli is not None:
            self.run.stimuli.decide(decision)

    def enter(self) -> None:
        """Look for screens again: one may have been plugged in."""
        shown = [f"{screen.name() or 'screen'} ({screen.refreshRate():.0f} Hz)" for screen in QGuiApplication.screens()]
        if shown != [self.screens.itemText(i) for i in range(self.screens.count())]:
            self.screens.clear()
            self.screens.addItems(shown)
            self.screens.setCurrentIndex(min(1, len(shown) - 1))

    def _build(self) -> None:
        self.kinds = QListWidget()
        layouts.name(self.kinds, "Paradigms", "What the person is asked to do")
        self.kinds.setFixedWidth(theme.px(166))
        self.kinds.addItems([make("paradigms", {"kind": kind}).title for kind in self.kinds_of_row])
        self.place_of_form = layouts.column(margins=(12, 0, 12, 0))
        row = layouts.row(self, 0, (12, 8, 12, 8))
        row.addWidget(self.kinds)
        row.addLayout(self.place_of_form, 3)
        row.addLayout(self._right_side(), 4)

    def _right_side(self) -> Any:
        column = layouts.column(margins=(12, 0, 0, 0))
        self.preview = ParadigmPreview()
        self.about = QLabel("", wordWrap=True)
        self.about.setProperty("role", "muted")
        self.screens = QComboBox()
        layouts.name(self.screens, "Screen of the person", "The screen that the person looks at")
        self.full_screen = QCheckBox("Full screen")
        self.full_screen.setToolTip("Fill the screen; else the paradigm is shown in a window")
        self.by_itself = QCheckBox("Use the new decoder if it is better")
        for box in (self.full_screen, self.by_itself):
            box.setChecked(True)
        self.by_itself.setToolTip("Judged on blocks it has not seen, beside the decoder that is in use; can be undone")
        choices = layouts.row(margins=(0, 0, 0, 0))
        for widget in (layouts.muted("Show on"), self.screens, self.full_screen):
            choices.addWidget(widget)
        choices.addStretch(1)
        self.start_button, self.stop_button = QPushButton("&Open"), QPushButton("S&top")
        self.start_button.setProperty("role", "primary")
        self.start_button.clicked.connect(self.start)
        self.stop_button.clicked.connect(self.run.stop)
        self.stop_button.setToolTip("End the run and close the second window (Escape there)")
        buttons = layouts.row(margins=(0, 0, 0, 0))
        for button in (self.start_button, self.stop_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self.words = QLabel("", wordWrap=True)
        self.obey = QPushButton("Let it follow the &cues")
        self.obey.setToolTip("Run the session anew with a simulated participant whose paradigm is “cued”")
        self.obey.clicked.connect(self.follow_cues)
        self.counts = QLabel("", wordWrap=True)
        self.result = CalibrationResult()
        self.result.deploy.clicked.connect(self.run.deploy)
        self.result.undo.clicked.connect(self.run.undo)
        for part in (
            self.preview,
            self.about,
            choices,
            self.by_itself,
            buttons,
            self.words,
            self.obey,
            self.counts,
            self.result,
        ):
            column.addWidget(part) if isinstance(part, QWidget) else column.addLayout(part)
        column.setAlignment(self.obey, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self.enter()
        return column

    def _on_chosen(self) -> None:
        self._show_form({})
        self._choose()

    def _show_form(self, values: dict[str, Any]) -> None:
        while (item := self.place_of_form.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        self.form = SettingsForm(load("paradigms", self.kind).Settings, first=FIRST)
        self.form.put(values)
        self.form.changed.connect(self._choose)
        area = scrolled(self.form)
        area.setMinimumWidth(FORM_PX)
        self.place_of_form.addWidget(area)
        self._draw_run()

    def _choose(self) -> None:
        """A person has chosen another paradigm, or changed it."""
        self._draw_run()
        if self.paradigm is not None:
            self.draft.choose(f"paradigm {self.paradigm.title}", paradigm=self.table())

    def _draw_run(self) -> None:
        try:
            self.paradigm = make("paradigms", self.table())
        except BciError as exc:
            self.paradigm = None
            self.about.setText(f"✖ {exc}")
        else:
            assert self.paradigm is not None
            minutes = self.paradigm.duration_s / 60
            shown = ", ".join(f"{layouts.words(name)} {n}" for name, n in self.paradigm.counts.items())
            self.about.setText(f"{minutes:.1f} min: {shown}.\n{self.paradigm.instructions}")
        self.preview.show_paradigm(self.paradigm)
        self._follow()

    def _follow(self) -> None:
        self.touch()
        if not self._running:
            self._soon.start()  # without an engine nobody else refreshes

    def redraw(self) -> None:
        """Bring buttons, words and results up to date."""
        run, stimuli = self.run, self.run.stimuli
        phase = stimuli.phase if stimuli is not None and run.stage == "showing" else ""
        text = {"measuring": "&Begin", "ready": "&Begin", "running": "&Pause", "paused": "&Go on"}.get(phase, "&Open")
        self.start_button.setText(text)
        can_open = self._running and self.paradigm is not None and not run.is_busy
        self.start_button.setEnabled(phase in ("ready", "running", "paused") or can_open)
        self.start_button.setToolTip("Space in the second window does the same" if phase else "Open the second window")
        self.stop_button.setEnabled(run.stage in ("showing", "training"))
        self.kinds.setEnabled(not run.is_busy)
        self._say(*self._state_in_words(phase))
        self.obey.setVisible(self._running and not run.is_busy and self._is_deaf())
        self.counts.setText(self._progress_in_words() if phase else "")
        self.counts.setVisible(bool(phase))
        self.result.show_run(run, running=self._running)

    def _state_in_words(self, phase: str) -> tuple[str, str]:
        run = self.run
        if run.stage == "showing":
            ready = "Ready: Space begins in the second window." if phase == "ready" else ""
            return ready or {"measuring": "Measuring the screen …", "paused": "Paused"}.get(phase, "Running"), "accent"
        if run.stage in ("saving", "training"):
            return SAVING if run.stage == "saving" else TRAINING, "accent"
        if run.stage == "failed":
            return f"{theme.MARKS['bad']} {run.words}", "bad"
        if not self._running:
            return NOT_RUNNING, "muted"
        if self._is_deaf():
            return f"{theme.MARKS['warning']} {NOT_CUED}", "warning"
        return run.words if run.stage == "idle" else "", "muted"

    def _is_deaf(self) -> bool:
        """Whether nobody looks at the cues."""
        return self._source.get("kind") == "synthetic" and self._source.get("paradigm") != "cued"

    def _progress_in_words(self) -> str:
        stimuli = self.run.stimuli
        if stimuli is None or stimuli.player is None:
            return ""
        counts = ", ".join(
            f"{layouts.words(name)} {stimuli.shown[name]} of {n}" for name, n in stimuli.paradigm.counts.items()
        )
        return f"{percent(stimuli.player.progress)}   {counts}"

    def _say(self, text: str, tone: str) -> None:
        self.words.setText(text)
        theme.set_tone(self.words, tone)


def build(settings: Settings) -> ParadigmStep:
    """Make the step."""
    return ParadigmStep()
