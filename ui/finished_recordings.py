"""Recordings of this sitting: each with its report, which is written in the background."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QListWidgetItem, QPushButton, QWidget

from bci_app.report_verb import report_paths
from ui import layouts, theme
from ui.background import Verb
from ui.hint_list import HintList
from ui.session_files import RECORDING_FILTER


@dataclass(slots=True)
class Entry:
    """One recording: its item in the list, and the report that is being written."""

    item: QListWidgetItem
    fault: str
    verb: Verb | None = None


class FinishedRecordings(QWidget):
    """A list; its buttons work on the recording that is chosen."""

    reported = Signal(str, bool)
    """Emitted with a recording's path when its report is there, or could not be written."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: dict[str, Entry] = {}
        self.list = HintList("Recordings of this sitting are listed here when they end, with their reports")
        layouts.name(self.list, "Recordings of this sitting", "Recordings that have ended, the newest first")
        self.list.setWordWrap(True)
        self.open = QPushButton("Open report")
        self.write = QPushButton("Write report")
        self.other = QPushButton("Of another recording …")
        self.open.setToolTip("Show the report of the chosen recording in the browser")
        self.other.setToolTip("Write the report of any recording")
        self.write.setToolTip("Write the report of the chosen recording anew, HTML and PDF, beside it")
        row = layouts.row(margins=(0, 0, 0, 0))
        for button in (self.open, self.write, self.other):
            row.addWidget(button)
        row.addStretch(1)
        column = layouts.column(self, 6, (0, 0, 0, 0))
        column.addWidget(self.list, 1)
        column.addLayout(row)
        self.open.clicked.connect(self._open)
        self.write.clicked.connect(lambda: self.write_report(self._chosen()))
        self.other.clicked.connect(self._choose)
        self.list.currentRowChanged.connect(lambda _: self._offer())
        self._offer()

    def add(self, path: str, fault: str = "") -> None:
        """Take in a recording that has ended."""
        if path in self._entries:
            self.list.takeItem(self.list.row(self._entries.pop(path).item))
        item = QListWidgetItem()
        item.setData(Qt.ItemDataRole.UserRole, path)
        self._entries[path] = Entry(item, fault)
        self.list.insertItem(0, item)
        self.list.setCurrentItem(item)
        self._say(path, "")

    def write_report(self, path: str) -> None:
        """Write a recording's report; the window goes on meanwhile."""
        entry = self._entries[path]
        entry.verb = Verb(["report", path], self)
        entry.verb.finished.connect(lambda good, text: self._finish(path, text, good=good))
        self._say(path, "writing the report …")

    def words(self) -> list[str]:
        """Return the lines of the list."""
        return [self.list.item(row).text() for row in range(self.list.count())]

    def _finish(self, path: str, text: str, *, good: bool) -> None:
        self._entries[path].verb = None
        self._say(path, f"report: {report_paths(Path(path))[0].name}" if good else f"no report: {text}", good=good)
        self.reported.emit(path, good)

    def _say(self, path: str, text: str, *, good: bool = True) -> None:
        entry = self._entries[path]
        mark = theme.MARKS["good" if good and not entry.fault else "bad"]
        lines = [f"{mark} {path}", f"ended early: {entry.fault}" if entry.fault else "", text]
        entry.item.setText("\n    ".join(line for line in lines if line))
        entry.item.setToolTip(text)
        self._offer()

    def _chosen(self) -> str:
        item = self.list.currentItem()
        return "" if item is None else str(item.data(Qt.ItemDataRole.UserRole))

    def _offer(self) -> None:
        path = self._chosen()
        self.open.setEnabled(bool(path) and report_paths(Path(path))[0].exists())
        self.write.setEnabled(bool(path) and self._entries[path].verb is None)

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(report_paths(Path(self._chosen()))[0])))

    def _choose(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Report of a recording", "", RECORDING_FILTER)
        if path:
            self.add(path)
            self.write_report(path)
