"""The reference of the EEG: what it is, and which electrodes where it is some."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from ui import layouts
from ui.montage_choice import REFERENCES


class ReferenceRow(QWidget):
    """One choice of what, and up to two of which."""

    chosen = Signal(str, tuple)
    """Mode of the stage ``rereference`` (empty: none), and the electrodes it names."""

    def __init__(self) -> None:
        super().__init__()
        self.mode = QComboBox()
        self.mode.setToolTip("What every channel is measured against (stage rereference)")
        self.mode.setAccessibleName("Reference")
        for mode, (words, _count) in REFERENCES.items():
            self.mode.addItem(words, mode)
        self.which = (QComboBox(), QComboBox())
        row = layouts.row(self, margins=(0, 0, 0, 0))
        row.addWidget(layouts.muted("Reference"))
        row.addWidget(self.mode)
        for box in self.which:
            layouts.name(box, "Electrode of the reference", "Electrode that the others are measured against")
            row.addWidget(box)
            box.currentIndexChanged.connect(lambda _row: self._tell())
        row.addStretch(1)
        self.mode.currentIndexChanged.connect(lambda _row: self._change_mode())
        self._show_boxes()

    def show_choice(self, mode: str, reference: tuple[str, ...], names: tuple[str, ...]) -> None:
        """Show a reference, and offer these electrodes."""
        for box in (self.mode, *self.which):
            box.blockSignals(True)
        self.mode.setCurrentIndex(max(0, self.mode.findData(mode)))
        for number, box in enumerate(self.which):
            if [box.itemText(i) for i in range(box.count())] != list(names):
                box.clear()
                box.addItems(names)
            wanted = reference[number] if number < len(reference) else ""
            if wanted in names:
                box.setCurrentText(wanted)
        for box in (self.mode, *self.which):
            box.blockSignals(False)
        self._show_boxes()

    def _change_mode(self) -> None:
        self._show_boxes()
        self._tell()

    def _show_boxes(self) -> None:
        needed = REFERENCES[self.mode.currentData()][1]
        for number, box in enumerate(self.which):
            box.setVisible(number < needed)

    def _tell(self) -> None:
        mode = self.mode.currentData()
        named = tuple(box.currentText() for box in self.which[: REFERENCES[mode][1]])
        if all(named):
            self.chosen.emit(mode, named)
