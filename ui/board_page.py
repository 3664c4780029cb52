"""BrainFlow's boards: found by typing, each with the settings that it needs, remembered from the last time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QListWidget, QListWidgetItem, QWidget

from ui import layouts, theme
from ui.scouting import Scouting
from ui.settings_form import SettingsForm, scrolled
from ui.source_page import SourcePage

KIND, DEFAULT = "brainflow_board", "SYNTHETIC_BOARD"
NEEDED = ("serial_port", "mac_address", "serial_number", "ip_address", "ip_port", "master_board", "file", "timeout_s")
"""Settings that some board needs; those a board names come first in its form."""


class BoardPage(SourcePage):
    """A list on the left, what the chosen board needs on the right."""

    kind = KIND
    title = "BrainFlow board"
    hint = "OpenBCI, Muse, Unicorn, ANT Neuro and some sixty other devices"
    hidden = ("board",)

    def __init__(self, store: QSettings) -> None:
        super().__init__()
        self._store = store
        self._boards: dict[str, dict[str, Any]] = {}
        self._wanted = str(store.value("board", DEFAULT))
        self._scouting = Scouting(self)
        self._scouting.answered.connect(self._take)
        self._scouting.failed.connect(self.explain)
        self.search = QLineEdit(placeholderText="Search: cyton, muse, 8 …", clearButtonEnabled=True)
        self.search.setAccessibleName("Search for a board")
        self.search.setToolTip("Part of a board's name, or its number of channels")
        self.search.textChanged.connect(self._filter)
        self.list = QListWidget()
        layouts.name(self.list, "Boards", "Boards that BrainFlow knows")
        self.list.currentItemChanged.connect(lambda now, _before: self._choose(now))
        self.needs = QLabel("Looking up the boards …", wordWrap=True)
        self.needs.setProperty("role", "muted")
        left, right = QWidget(), QWidget()
        narrow = layouts.column(left, margins=(0, 0, 0, 0))
        narrow.addWidget(self.search)
        narrow.addWidget(self.list, 1)
        self._right = layouts.column(right, margins=(0, 0, 0, 0))
        self._right.addWidget(self.needs)
        row = layouts.row(self)
        row.addWidget(left, 2)
        row.addSpacing(8)
        row.addWidget(right, 3)

    def enter(self) -> None:
        """Look the boards up, once."""
        super().enter()
        if not self._boards and not self._scouting.is_busy:
            self._scouting.send("bci_app.inventory:boards")

    def leave(self) -> None:
        """Give looking up up."""
        self._scouting.call_back()

    def name(self) -> str:
        """Return the board's name."""
        return self._wanted

    def chosen(self) -> dict[str, Any]:
        """Return the board."""
        return {"board": self._wanted}

    def show_chosen(self, table: Mapping[str, Any]) -> None:
        """Show a board."""
        self._wanted = str(table.get("board", DEFAULT))
        self._store.setValue("board", self._wanted)
        self._mark()

    def show_table(self, table: Mapping[str, Any]) -> None:
        """Show a board and its settings, and remember them."""
        super().show_table(table)
        self._keep()

    def prepare(self) -> None:
        """Make the form for the settings that this board needs."""
        needs = str(self._boards.get(self._wanted, {}).get("needs", ""))
        self.first = (*(name for name in NEEDED if name in needs), "channels")
        before = self.form
        super().prepare()
        if self.form is not before and self.form is not None:
            self.form.put(self._remembered())
            self.form.changed.connect(self._keep)

    def place(self, form: SettingsForm) -> None:
        """Put the form below what the board needs."""
        self._area = scrolled(form)
        self._right.insertWidget(1, self._area, 1)

    def _take(self, rows: list[dict[str, Any]]) -> None:
        self._boards = {row["name"]: row for row in rows}
        for name, row in sorted(self._boards.items()):
            rate = f"{row['rate_hz']:g} Hz" if row["rate_hz"] else "as its master"
            item = QListWidgetItem(
                f"{name.removesuffix('_BOARD').replace('_', ' ').title()}\n{row['n_eeg']} EEG, {rate}"
            )
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setToolTip(f"{name}: needs {row['needs']}")
            self.list.addItem(item)
        self._mark()
        self._renew()
        self.changed.emit()

    def explain(self, text: str) -> None:
        """Say why there is no list, or no form."""
        self.needs.setText(f"✖ {text}")
        theme.set_tone(self.needs, "bad")

    def _mark(self) -> None:
        """Mark the wanted board in the list; silently, because nobody has clicked."""
        self.list.blockSignals(True)
        for place in range(self.list.count()):
            if self.list.item(place).data(Qt.ItemDataRole.UserRole) == self._wanted:
                self.list.setCurrentRow(place)
        self.list.blockSignals(False)

    def _filter(self, text: str) -> None:
        words = text.lower().split()
        for place in range(self.list.count()):
            item = self.list.item(place)
            known = f"{item.text()} {item.toolTip()}".lower()
            item.setHidden(not all(word in known for word in words))

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        self._wanted = item.data(Qt.ItemDataRole.UserRole)
        self._store.setValue("board", self._wanted)
        self._renew()
        self.changed.emit()

    def _renew(self) -> None:
        """Make the form anew: other boards need other settings."""
        needs = self._boards.get(self._wanted, {}).get("needs", "")
        self.needs.setText(f"{self._wanted} needs: {needs}" if needs else self._wanted)
        theme.set_tone(self.needs, "")
        if self.form is not None:
            self._right.removeWidget(self._area)
            self._area.deleteLater()
            self.form = None
        self.prepare()

    def _keep(self) -> None:
        if self.form is not None:
            self._store.setValue(f"boards/{self._wanted}", json.dumps(self.form.values()))

    def _remembered(self) -> dict[str, Any]:
        try:
            values = json.loads(str(self._store.value(f"boards/{self._wanted}", "{}")))
        except ValueError:
            return {}
        return values if isinstance(values, dict) else {}
