"""Decisions of then and now: how many agree, and a list of those that do not."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QWidget

from bci_app.then_and_now import Pair, ThenAndNow
from pipelines.percent import percent
from ui import layouts, theme
from ui.seek_bar import clock

MOST_ROWS = 500
HEAD = ("Window", "Then", "Now")


class Differences(QWidget):
    """A count above, a table below; a click on a row asks to go there."""

    sought = Signal(float)
    """Emitted with the begin (s) of the window that was chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: Sequence[Pair] = ()
        self.count = QLabel("")
        self.count.setWordWrap(True)
        self.table = QTableWidget(0, len(HEAD))
        self.table.setHorizontalHeaderLabels(list(HEAD))
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.setAccessibleName("Windows that are decided otherwise now")
        self.table.setToolTip("Windows that are decided otherwise now; click one to go there")
        self.table.cellClicked.connect(lambda row, _: self._go(row))
        self.table.cellActivated.connect(lambda row, _: self._go(row))
        column = layouts.column(self, 4, (0, 0, 0, 0))
        column.addWidget(self.count)
        column.addWidget(self.table, 1)
        self.show_comparison(ThenAndNow(()))

    def show_comparison(self, both: ThenAndNow) -> None:
        """Show what is known so far."""
        differences = both.differences[:MOST_ROWS]
        self._say(both)
        self.table.setVisible(bool(differences))
        if differences == self._shown:
            return
        self._shown = differences
        self.table.setRowCount(len(differences))
        for row, pair in enumerate(differences):
            texts = (f"{clock(pair.start_s)} – {clock(pair.end_s)}", _named(pair.then), _named(pair.now))
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
                self.table.setItem(row, column, item)

    def _say(self, both: ThenAndNow) -> None:
        compared, agreeing = len(both.pairs), both.agreeing
        if not both.recorded:
            tone, text = "muted", "the recording holds no decisions to compare with"
        elif not compared:
            tone, text = "muted", f"{len(both.recorded)} decisions were recorded; none is compared yet"
        else:
            tone = "good" if agreeing == compared else "warning"
            mark = theme.MARKS["good" if tone == "good" else "warning"]
            text = f"{mark} {both.words()} ({percent(agreeing / compared)})"
        theme.set_tone(self.count, tone)
        self.count.setText(text)

    def _go(self, row: int) -> None:
        if row < len(self._shown):
            self.sought.emit(self._shown[row].start_s)


def _named(label: str) -> str:
    return layouts.words(label) or "abstained"
