"""A decoder's card: pairs of what and text, to be read before it is trusted."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel

from bci_app.decoder_card import DecoderCard, card_lines
from ui import layouts


class CardView(QFrame):
    """Shows one card; nothing while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self._grid = QGridLayout(self)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self.texts: dict[str, str] = {}

    def show_card(self, card: DecoderCard | None, otherwise: str = "none: the signal is shown and recorded") -> None:
        """Show a card, or say why there is none to show."""
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        lines = [("Decoder", otherwise)] if card is None else card_lines(card)
        self.texts = {}
        for row, (name, text) in enumerate(lines):
            self.texts[name] = f"{self.texts[name]}\n{text}" if name in self.texts else text
            label = QLabel(text, wordWrap=True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(layouts.muted(name), row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(label, row, 1)
