"""LSL streams that are on the network now: looked for again and again while the page is seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QHeaderView, QLabel, QTableWidget, QTableWidgetItem

from devices.lsl_scope import DEFAULT, MEANINGS, Scope
from ui import layouts, theme
from ui.scouting import Scouting
from ui.settings_form import SettingsForm
from ui.source_page import SourcePage

KIND = "lsl_stream"
COLUMNS = ("Name", "Type", "Channels", "Rate", "Host", "Age")
LOOK_S = 1.0
CHOSEN_BY = ("name", "type", "source_id", "host")


class StreamPage(SourcePage):
    """A table of streams; the chosen one is named by all that it says of itself."""

    kind = KIND
    title = "LSL stream"
    hint = "A stream of the Lab Streaming Layer"
    first = ("marker_stream", "unit")
    hidden = CHOSEN_BY

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[dict[str, Any]] = []
        self._chosen: dict[str, Any] = {}
        self._scouting = Scouting(self)
        self._scouting.answered.connect(self._take)
        self._scouting.failed.connect(self.explain)
        self.scope = QComboBox()
        for scope in get_args(Scope):
            self.scope.addItem(f"{scope}: {MEANINGS[scope]}", scope)
        self.scope.setAccessibleName("How far streams are looked for")
        self.scope.setToolTip(
            "How far streams are looked for ([lsl] scope); LSL is neither encrypted nor authenticated"
        )
        self.scope.currentIndexChanged.connect(self._look_again)
        self.table_view = QTableWidget(0, len(COLUMNS))
        self.table_view.setHorizontalHeaderLabels(COLUMNS)
        self.table_view.setTabKeyNavigation(False)
        layouts.name(self.table_view, "Streams", "Streams that are within reach now; the list is kept up to date")
        self.table_view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table_view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table_view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table_view.verticalHeader().hide()
        self.table_view.setShowGrid(False)
        self.table_view.setTabKeyNavigation(False)
        self.table_view.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table_view.itemSelectionChanged.connect(self._choose)
        self.words = QLabel("Looking for streams …", wordWrap=True)
        self.words.setProperty("role", "muted")
        top = layouts.row(margins=(0, 0, 0, 0))
        top.addWidget(layouts.muted("Look on"))
        top.addWidget(self.scope)
        top.addStretch(1)
        column = self._column = layouts.column(self)
        column.addLayout(top)
        column.addWidget(self.table_view, 1)
        column.addWidget(self.words)

    def enter(self) -> None:
        """Begin to look."""
        super().enter()
        if not self._scouting.is_busy:
            self._scouting.send("bci_app.inventory:streams", LOOK_S, self.scope.currentData(), repeat=True)

    def leave(self) -> None:
        """Look no more."""
        self._scouting.call_back()

    def name(self) -> str:
        """Return the stream's name."""
        return str(self._chosen.get("name") or "an LSL stream")

    def chosen(self) -> dict[str, Any] | None:
        """Return the chosen stream; None while none is."""
        return dict(self._chosen) or None

    def place(self, form: SettingsForm) -> None:
        """Put the form below the streams."""
        self._column.addWidget(form)

    def lsl(self) -> dict[str, Any] | None:
        """Return how far is looked."""
        return {"scope": self.scope.currentData()}

    def show_chosen(self, table: Mapping[str, Any]) -> None:
        """Show a stream as chosen, whether it is there now or not."""
        self._chosen = {key: table[key] for key in CHOSEN_BY if table.get(key)}
        self._fill()

    def show_scope(self, scope: str) -> None:
        """Show how far the session looks."""
        self.scope.setCurrentIndex(self.scope.findData(scope or DEFAULT))

    def _look_again(self) -> None:
        if self._scouting.is_busy:
            self.leave()
            self.words.setText("Looking for streams …")
            self.enter()
        self.changed.emit()

    def explain(self, text: str) -> None:
        """Say why streams cannot be looked for."""
        self.words.setText(f"✖ {text}")
        theme.set_tone(self.words, "bad")
        self.leave()

    def _take(self, answer: tuple[list[dict[str, Any]], str]) -> None:
        self._rows, searched = answer
        theme.set_tone(self.words, "")
        count = f"{len(self._rows)} streams" if len(self._rows) != 1 else "one stream"
        self.words.setText(f"{count if self._rows else 'No stream is there yet'}. {searched}")
        self._fill()

    def _fill(self) -> None:
        self.table_view.blockSignals(True)
        self.table_view.setRowCount(len(self._rows))
        self.table_view.clearSelection()
        for place, row in enumerate(self._rows):
            age = row["age_s"]
            texts = (
                row["name"],
                row["type"],
                str(row["n_channels"]),
                f"{row['rate_hz']:g} Hz" if row["rate_hz"] else "irregular",
                row["host"],
                "–" if age is None else f"{age:.0f} s" if age < 120 else f"{age / 60:.0f} min",
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(f"source id: {row['source_id'] or 'none: cannot be found again after a drop'}")
                item.setTextAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
                self.table_view.setItem(place, column, item)
            if self._chosen and all(self._chosen.get(key, row[key]) == row[key] for key in CHOSEN_BY):
                self.table_view.selectRow(place)
        self.table_view.blockSignals(False)

    def _choose(self) -> None:
        places = {item.row() for item in self.table_view.selectedItems()}
        if places:
            row = self._rows[places.pop()]
            self._chosen = {key: row[key] for key in CHOSEN_BY if row[key]}
            self.changed.emit()
