"""Step 6, record and report: whose recording it is, the disk, notes, and the report once it has ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QRegularExpression, Qt
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from bci_app.commands import Note, StopRecording
from bci_app.events import NOTES, DiskEvent, EngineState, LoopTiming, RecordingEvent, Session, StateEvent
from bci_app.recording_names import LABEL
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, Marker
from ui import layouts, recorder_table, theme
from ui.disk_gauge import DiskGauge
from ui.finished_recordings import FinishedRecordings
from ui.seek_bar import clock
from ui.step import ORDER, Step

OVER = frozenset({EngineState.IDLE, EngineState.FAILED})
LABELS = {"subject": "Subject", "session_label": "Session", "task": "Task"}
CHECK_PX = 24
"""Height of a line with a box to tick."""
TIPS = {
    "subject": "BIDS label of the person, letters and digits, never a name; empty: no BIDS layout",
    "session_label": "BIDS label of the session",
    "task": "BIDS label of the task",
}


class Settings(PluginSettings):
    """No settings."""


class RecordStep(Step):
    """What is written here goes into the draft; the button asks the engine, which answers by events."""

    title = "Record"
    order = ORDER.index("record") + 1
    hint = "Record with subject, session and task; notes; the report at the end"
    shows = ("status", "messages")

    def __init__(self) -> None:
        super().__init__()
        self._session: Session | None = None
        self._active: set[str] = set()
        self._recording_from_s: float | None = None
        self._now_s = self._first_s = 0.0
        self._disk: DiskEvent | None = None
        self._running = False
        self._build()
        self._show_draft()
        self.redraw()

    def _build(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(*layouts.PANEL_MARGINS)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(10)
        grid.addWidget(self._build_form(), 0, 0)
        grid.addWidget(self._build_notes(), 0, 1)
        self.finished = FinishedRecordings()
        grid.addWidget(_titled("Recordings and reports", self.finished), 1, 0, 1, 2)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        grid.setRowStretch(1, 1)

    def _build_form(self) -> QWidget:
        box = QWidget()
        form = QFormLayout(box)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.fields = {key: QLineEdit(maxLength=32) for key in LABELS}
        for key, field in self.fields.items():
            field.setValidator(QRegularExpressionValidator(QRegularExpression(LABEL), field))
            layouts.name(field, LABELS[key], TIPS[key])
            field.editingFinished.connect(self._keep)
            form.addRow(layouts.muted(LABELS[key]), field)
        self.fields["subject"].setPlaceholderText("for example 01; without it no BIDS layout")
        self.run = QSpinBox(minimum=1, maximum=999)
        layouts.name(self.run, "Run from", "First run; the next free one is taken")
        self.run.valueChanged.connect(lambda _: self._keep())
        form.addRow(layouts.muted("Run from"), self.run)
        self.folder = QLineEdit()
        layouts.name(self.folder, "Folder of recordings", "Where recordings go; it is made if it is not there")
        self.folder.editingFinished.connect(self._keep)
        browse = QPushButton("…")
        layouts.name(browse, "Choose the folder", "Choose the folder of recordings")
        browse.clicked.connect(self._choose_folder)
        row = layouts.row(margins=(0, 0, 0, 0))
        row.addWidget(self.folder, 1)
        row.addWidget(browse)
        form.addRow(layouts.muted("Folder"), row)
        self.path = _words()
        self.path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        form.addRow(layouts.muted("Next file"), self.path)
        self.autostart = QCheckBox("record from the first sample of the session")
        self.report = QCheckBox("write a report when a recording ends")
        self.autostart.setToolTip("Else the recording begins with Record (F6)")
        self.report.setToolTip("One page beside the recording, HTML and PDF")
        for check in (self.autostart, self.report):
            check.clicked.connect(lambda _: self._keep())
            check.setMinimumHeight(CHECK_PX)
            form.addRow("", check)
        self.gauge = DiskGauge()
        form.addRow(layouts.muted("Disk"), self.gauge)
        self.button = QPushButton("Record")
        self.button.setProperty("role", "primary")
        self.button.setToolTip("Begin a recording, or end it")
        self.button.clicked.connect(self._toggle)
        self.state = _words()
        row = layouts.row(margins=(0, 4, 0, 0))
        row.addWidget(self.button)
        row.addWidget(self.state, 1)
        form.addRow("", row)
        return box

    def _build_notes(self) -> QWidget:
        self.note = QLineEdit(maxLength=500, placeholderText="a remark; Enter keeps it")
        self.note.setAccessibleName("Note")
        self.note.setToolTip("Kept in the recording as a marker, and shown in the report")
        self.note.returnPressed.connect(self._send_note)
        self.notes = QListWidget()
        layouts.name(self.notes, "Notes of the session", "What was remarked so far, with the time of the signal")
        self.notes.setWordWrap(True)
        self.note_hint = layouts.muted("")
        self.note_hint.setWordWrap(True)
        inner = QWidget()
        column = layouts.column(inner, 6, (0, 0, 0, 0))
        column.addWidget(self.note)
        column.addWidget(self.note_hint)
        column.addWidget(self.notes, 1)
        return _titled("Notes", inner)

    def enter(self) -> None:
        """Look at the disk and at the next free run anew."""
        self.touch()
        self.refresh()

    def on_draft(self) -> None:
        """Show what the session says of its recorder."""
        self._show_draft()
        self.touch()
        self.refresh()

    def on_session(self, session: Session) -> None:
        """Forget the notes of the last session."""
        self._session, self._running = session, True
        self._first_s = self._now_s = 0.0
        self._disk = None
        self.notes.clear()
        self.touch()

    def on_chunk(self, chunk: Chunk) -> None:
        """Follow the time of the stream."""
        if chunk.n_samples:
            self._now_s = float(chunk.times_s[-1])
            self._first_s = self._first_s or float(chunk.times_s[0])

    def on_marker(self, marker: Marker) -> None:
        """List a note once the engine has it."""
        if marker.stream == NOTES:
            self.notes.insertItem(0, f"{clock(marker.time_s - self._first_s)}  {marker.label}")

    def on_recording(self, event: RecordingEvent) -> None:
        """Follow the recorder; write the report of what has ended."""
        if event.active:
            self._active.add(event.path)
            self._recording_from_s = self._now_s
        else:
            self._active.discard(event.path)
            self._disk = None
            self.finished.add(event.path, event.fault)
            if self.report.isChecked() and Path(event.path).exists():
                self.finished.write_report(event.path)
        self.touch()

    def on_disk(self, event: DiskEvent) -> None:
        """Follow the disk while it is recorded."""
        self._disk = event
        self.touch()

    def on_timing(self, timing: LoopTiming) -> None:
        """Once a second: the clock of the recording, the disk."""
        self.touch()

    def on_state(self, event: StateEvent) -> None:
        """Nothing can be recorded where no session runs."""
        if event.state in OVER:
            self._running = False
            self._active.clear()
            self._disk = None
        self.touch()

    def redraw(self) -> None:
        """Show what is recorded, or would be."""
        recording = bool(self._active)
        self.button.setText("Stop recording" if recording else "Record")
        self.button.setEnabled(self._running)
        self.note.setEnabled(self._running)
        self.note_hint.setText("" if recording else "nothing is being recorded: a note is kept only by a recording")
        self.note_hint.setVisible(self._running and not recording)
        if recording:
            seconds = self._now_s - (self._recording_from_s or self._now_s)
            names = ", ".join(sorted(Path(path).name for path in self._active))
            self._say("bad", f"recording {clock(seconds)}", names)
        elif self._running:
            self._say("muted", "not recording")
        else:
            self._say("muted", "no session runs: start one to record")
        if recording and self._disk is not None:
            self.gauge.show_recording(self._disk)
        else:
            spec = self._session.spec if self._session is not None else None
            self.gauge.show_folder(Path(self.folder.text() or ".").expanduser(), spec)
        self._preview()

    def _say(self, tone: theme.Tone, text: str, tip: str = "") -> None:
        theme.set_tone(self.state, tone)
        self.state.setToolTip(tip)
        self.state.setText(f"{'●' if tone == 'bad' else theme.MARKS[tone]} {text}")

    def _recorder(self) -> dict[str, Any]:
        """Return the recorder as the page says it."""
        return {
            **recorder_table.recorder_of(self.draft.values),
            **{key: field.text() for key, field in self.fields.items()},
            "run": self.run.value(),
            "folder": self.folder.text() or "recordings",
            "autostart": self.autostart.isChecked(),
        }

    def _preview(self) -> None:
        name = self._session.name if self._session is not None else str(self.draft.values.get("name", "session"))
        try:
            text, tone = str(recorder_table.next_path(self._recorder(), name)), ""
        except RecordingError as exc:
            text, tone = str(exc), "bad"
        theme.set_tone(self.path, tone)
        self.path.setText(text)

    def _keep(self) -> None:
        """Put what the page says into the draft."""
        recorder = self._recorder()
        if not (recorder["session_label"] and recorder["task"]):
            self._show_draft()  # BIDS knows no empty label
            return
        self.draft.choose(
            "what is recorded",
            sinks=recorder_table.sinks_with(self.draft.values, recorder),
            report=self.report.isChecked(),
        )
        self._preview()

    def _show_draft(self) -> None:
        recorder = recorder_table.recorder_of(self.draft.values)
        for key, field in self.fields.items():
            field.setText(str(recorder[key]))
        self.folder.setText(str(recorder["folder"]))
        self.autostart.setChecked(bool(recorder["autostart"]))
        self.report.setChecked(self.draft.values.get("report") is not False)
        self.run.blockSignals(True)
        self.run.setValue(int(recorder["run"]))
        self.run.blockSignals(False)

    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder of recordings", self.folder.text())
        if folder:
            self.folder.setText(folder)
            self._keep()

    def _toggle(self) -> None:
        self.command.emit(StopRecording() if self._active else recorder_table.request(self._recorder()))

    def _send_note(self) -> None:
        if text := self.note.text().strip():
            self.command.emit(Note(text))
            self.note.clear()


def _words() -> QLabel:
    """Return a label for a long path, which must not keep the window wide."""
    label = QLabel("", textFormat=Qt.TextFormat.PlainText, wordWrap=True)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


def _titled(text: str, widget: QWidget) -> QWidget:
    box = QWidget()
    column = layouts.column(box, 4, (0, 0, 0, 0))
    title = QLabel(text)
    title.setProperty("role", "heading")
    column.addWidget(title)
    column.addWidget(widget, 1)
    return box


def build(settings: Settings) -> RecordStep:
    """Make the step."""
    return RecordStep()
