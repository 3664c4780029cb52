"""Export a recording to another format, and write its report, in the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QPushButton, QSizePolicy, QWidget

from bci_app.report_verb import report_paths
from ui import layouts, theme
from ui.background import Verb

SUFFIXES = {"fif": "_eeg.fif", "edf": ".edf", "bdf": ".bdf", "brainvision": ".vhdr", "bids": ""}
"""Formats of ``bci-app export``, and how a file of each ends."""


class ExportRow(QWidget):
    """Two buttons and what came of them; one job at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._path: Path | None = None
        self._scale = 1.0
        self._verb: Verb | None = None
        self.form = QComboBox()
        self.form.addItems(list(SUFFIXES))
        layouts.name(self.form, "Format of the export", "Format that the recording is written in")
        self.export = QPushButton("Export …")
        self.export.setToolTip("Write the recording in another format; markers and decisions become annotations")
        self.report = QPushButton("Report")
        self.report.setToolTip("Write the report of the recording beside it, HTML and PDF, and open it")
        self.said = QLabel("", textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = layouts.row(self, 6, (0, 0, 0, 0))
        for widget in (self.form, self.export, self.report):
            row.addWidget(widget)
        row.addWidget(self.said, 1)
        self.export.clicked.connect(self._choose)
        self.report.clicked.connect(self.write_report)
        self.show_recording(None)

    def show_recording(self, path: Path | None, scale: float = 1.0) -> None:
        """Work on another recording, its voltages multiplied as in the window."""
        self._path, self._scale = path, scale
        self.said.setText("")
        self._offer()

    def export_to(self, out: Path) -> None:
        """Export the recording to a file, or for BIDS to a folder; a file that exists was confirmed to be replaced."""
        form = self.form.currentText()
        self._run(
            ["export", str(self._path), str(out), "--format", form, "--force"],
            f"exporting to {out} …",
            lambda text: f"exported: {text.splitlines()[0] if text else out}",
        )

    def write_report(self) -> None:
        """Write the report and open it."""
        path = self._path
        assert path is not None

        def done(text: str) -> str:
            page = report_paths(path)[0]
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))
            return f"report: {page}"

        self._run(["report", str(path)], "writing the report …", done)

    def _choose(self) -> None:
        assert self._path is not None
        form = self.form.currentText()
        if form == "bids":
            chosen = QFileDialog.getExistingDirectory(self, "Folder of the BIDS data set", str(self._path.parent))
        else:
            proposal = self._path.parent / f"{self._path.name.partition('.')[0]}{SUFFIXES[form]}"
            chosen, _ = QFileDialog.getSaveFileName(self, "Export the recording", str(proposal))
        if chosen:
            self.export_to(Path(chosen))

    def _run(self, arguments: list[str], meanwhile: str, words: Callable[[str], str]) -> None:
        self._say("muted", meanwhile)
        self._verb = Verb([*arguments, "--scale", repr(self._scale)], self)
        self._verb.finished.connect(lambda good, text: self._finish(words(text) if good else text, good=good))
        self._offer()

    def _finish(self, text: str, *, good: bool) -> None:
        self._verb = None
        self._say("good" if good else "bad", text)
        self._offer()

    def _say(self, tone: theme.Tone, text: str) -> None:
        theme.set_tone(self.said, tone)
        self.said.setText(f"{theme.MARKS[tone]} {text}")
        self.said.setToolTip(text)

    def _offer(self) -> None:
        for button in (self.export, self.report):
            button.setEnabled(self._path is not None and self._verb is None)
