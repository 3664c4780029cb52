"""Recordings: those used last, any file by dialog or by drag and drop, with what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QLabel, QListWidget, QListWidgetItem, QPushButton, QWidget

from ui import layouts, theme
from ui.scouting import Scouting
from ui.session_files import RECORDING_FILTER
from ui.settings_form import SettingsForm, scrolled
from ui.source_page import SourcePage

KIND = "recording"
KEPT = 12


class RecordingPage(SourcePage):
    """A list on the left, what the file holds and how it is played on the right."""

    kind = KIND
    title = "Recording"
    hint = "XDF, EDF, BDF, GDF, BrainVision, EEGLAB, FIF, OpenBCI, Muse and BrainFlow CSV; drop a file anywhere here"
    first = ("speed", "start_s", "stop_s", "loop", "stream", "unit")
    hidden = ("path",)

    def __init__(self, store: QSettings) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self._store = store
        self._path = ""
        self._scouting = Scouting(self)
        self._scouting.answered.connect(self._describe)
        self._scouting.failed.connect(self.explain)
        self.list = QListWidget()
        layouts.name(self.list, "Recordings used last", "Recordings used last, the newest first")
        self.list.currentItemChanged.connect(self._pick)
        self.open = QPushButton("Choose a fi&le …")
        self.open.setToolTip(self.hint)
        self.open.clicked.connect(self._ask)
        self.words = QLabel("Choose a recording, or drop one here.", wordWrap=True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        left, right = QWidget(), QWidget()
        narrow = layouts.column(left, margins=(0, 0, 0, 0))
        narrow.addWidget(layouts.muted("Used last"))
        narrow.addWidget(self.list, 1)
        narrow.addWidget(self.open)
        self._wide = wide = layouts.column(right, margins=(0, 0, 0, 0))
        wide.addWidget(self.words)
        row = layouts.row(self)
        row.addWidget(left, 2)
        row.addSpacing(8)
        row.addWidget(right, 3)
        self._fill()

    def leave(self) -> None:
        """Stop reading."""
        self._scouting.call_back()

    def name(self) -> str:
        """Return the file's name."""
        return Path(self._path).name or self.title

    def chosen(self) -> dict[str, Any] | None:
        """Return the file; None while none is chosen."""
        return {"path": self._path} if self._path else None

    def show_chosen(self, table: Mapping[str, Any]) -> None:
        """Show a file."""
        self._take(str(table.get("path", "")))

    def place(self, form: SettingsForm) -> None:
        """Put the form below what the file holds."""
        self._wide.insertWidget(1, scrolled(form), 1)

    def choose(self, path: str) -> None:
        """Take a file that a person has picked."""
        self.prepare()
        self._take(path)
        self.changed.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Accept one local file."""
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Take the file."""
        self.choose(event.mimeData().urls()[0].toLocalFile())
        event.acceptProposedAction()

    def _ask(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Choose a recording", "", RECORDING_FILTER)
        if path:
            self.choose(path)

    def _pick(self, item: QListWidgetItem | None) -> None:
        if item is not None and item.data(Qt.ItemDataRole.UserRole) != self._path:
            self.choose(item.data(Qt.ItemDataRole.UserRole))

    def _take(self, path: str) -> None:
        if path == self._path:
            return
        self._path = path
        if not path:
            return
        kept = [path, *(one for one in self._recent() if one != path)][:KEPT]
        self._store.setValue("recordings", kept)
        self._fill()
        self.words.setText(f"{Path(path).name}: reading …")
        theme.set_tone(self.words, "")
        self._scouting.send("bci_app.probe:describe", path)

    def _recent(self) -> list[str]:
        stored = self._store.value("recordings", [])
        return [str(one) for one in (stored if isinstance(stored, list) else [stored]) if one]

    def _fill(self) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        for path in self._recent():
            file = Path(path)
            item = QListWidgetItem(f"{file.name}\n{file.parent.name}")
            item.setToolTip(path)
            item.setData(Qt.ItemDataRole.UserRole, path)
            self.list.addItem(item)
            if path == self._path:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)

    def _describe(self, text: str) -> None:
        self.words.setText(text)

    def explain(self, text: str) -> None:
        """Say why the file cannot be played."""
        self.words.setText(f"✖ {text}")
        theme.set_tone(self.words, "bad")
