"""The channels of a source in a table: name, whether bad, and how each is measured to be."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from pipelines.channel_quality import ChannelQuality
from ui import layouts
from ui.head_map import LOOKS, MEANINGS
from ui.montage_choice import MontageChoice
from ui.theme import MARKS

COLUMNS = {
    "Channel": "Name that the source gives",
    "Name": "Name in this session: type the electrode's (10-10 system)",
    "Bad": "Mark the channel as bad",
    "Quality": "What the engine finds, once a second",
    "SD µV": "Standard deviation without drift",
    "Line": "Mains hum against everything else",
    "Corr.": "Largest correlation with another channel",
    "kΩ": "Impedance, where the board measures it",
}
CHANNEL, NAME, BAD, QUALITY, DEVIATION, LINE, CORRELATION, IMPEDANCE = range(8)


class ChannelTable(QTableWidget):
    """One row for each EEG channel, in the source's order."""

    renamed = Signal(str, str)
    """Channel of the source, new name."""
    marked = Signal(str, bool)
    """Channel of the source, whether bad."""
    picked = Signal(str)
    """Channel of the source whose row was chosen."""

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        self.setHorizontalHeaderLabels(list(COLUMNS))
        for column, tip in enumerate(COLUMNS.values()):
            header = self.horizontalHeaderItem(column)
            assert header is not None
            header.setToolTip(tip)
        layouts.name(self, "Channels", "Names, use and quality of the channels; double-click a name to change it")
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)  # Tab goes on; arrows move in the table
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(QUALITY, QHeaderView.ResizeMode.Stretch)
        self.itemChanged.connect(self._on_changed)
        self.itemSelectionChanged.connect(self._on_selected)
        self._channels: tuple[str, ...] = ()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Give the quality what is left of the room, but never less than its words need: a narrow table scrolls."""
        header = self.horizontalHeader()
        others = sum(header.sectionSize(column) for column in range(len(COLUMNS)) if column != QUALITY)
        fits = self.viewport().width() - others >= self.sizeHintForColumn(QUALITY)
        modes = QHeaderView.ResizeMode
        header.setSectionResizeMode(QUALITY, modes.Stretch if fits else modes.ResizeToContents)
        super().resizeEvent(event)

    def show_channels(self, channels: tuple[str, ...], choice: MontageChoice) -> None:
        """Show these channels of the source, named and marked as chosen."""
        self.blockSignals(True)
        if channels != self._channels:
            self._channels = channels
            self.setRowCount(len(channels))
            for row, channel in enumerate(channels):
                for column in range(len(COLUMNS)):
                    item = QTableWidgetItem("–" if column > BAD else "")
                    editable = Qt.ItemFlag.ItemIsEditable if column == NAME else Qt.ItemFlag.NoItemFlags
                    checkable = Qt.ItemFlag.ItemIsUserCheckable if column == BAD else Qt.ItemFlag.NoItemFlags
                    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | editable | checkable)
                    self.setItem(row, column, item)
                self.cell(row, CHANNEL).setText(channel)
        for row, channel in enumerate(channels):
            name = choice.name(channel)
            self.cell(row, NAME).setText(name)
            bad = name in choice.bad
            self.cell(row, BAD).setCheckState(Qt.CheckState.Checked if bad else Qt.CheckState.Unchecked)
        self.blockSignals(False)

    def show_quality(self, measured: dict[str, ChannelQuality]) -> None:
        """Show the newest measures, by the source's names."""
        self.blockSignals(True)
        for row, channel in enumerate(self._channels):
            one = measured.get(channel)
            if one is None:
                continue
            mark = MARKS[LOOKS[one.verdict][1]]
            texts = {
                QUALITY: f"{mark} {one.verdict}",
                DEVIATION: f"{one.deviation_uv:.1f}" if one.deviation_uv < 1e4 else f"{one.deviation_uv:.2g}",
                LINE: f"{one.line_ratio:.2f}",
                CORRELATION: _number(one.correlation),
                IMPEDANCE: _number(one.impedance_kohm),
            }
            for column, text in texts.items():
                item = self.cell(row, column)
                if item.text() != text:
                    item.setText(text)
            self.cell(row, QUALITY).setToolTip(MEANINGS[one.verdict])
        self.blockSignals(False)

    def forget_quality(self) -> None:
        """Show no measures."""
        self.blockSignals(True)
        for row in range(self.rowCount()):
            for column in range(QUALITY, len(COLUMNS)):
                self.cell(row, column).setText("–")
        self.blockSignals(False)

    def cell(self, row: int, column: int) -> QTableWidgetItem:
        """Return a cell; every row is whole."""
        item = self.item(row, column)
        assert item is not None
        return item

    def select(self, channel: str) -> None:
        """Choose the row of a channel."""
        if channel in self._channels and self.currentRow() != self._channels.index(channel):
            self.selectRow(self._channels.index(channel))

    def _on_changed(self, item: QTableWidgetItem) -> None:
        channel = self._channels[item.row()]
        if item.column() == NAME:
            self.renamed.emit(channel, item.text().strip())
        elif item.column() == BAD:
            self.marked.emit(channel, item.checkState() is Qt.CheckState.Checked)

    def _on_selected(self) -> None:
        rows = {item.row() for item in self.selectedItems()}
        if rows:
            self.picked.emit(self._channels[rows.pop()])


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}" if value < 10 else f"{value:.0f}"
