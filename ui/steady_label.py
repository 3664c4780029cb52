"""A short text that changes while the signal flows and moves nothing around it."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QLabel


class SteadyLabel(QLabel):
    """As wide as the widest text so far, at least as wide as the ``usual`` one.

    A label that changes its width lays the whole window out anew, which takes longer than several frames.
    """

    def __init__(self, usual: str) -> None:
        super().__init__("")
        self._usual = usual
        self._widest = 0
        self._make_room(usual)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Show a text."""
        if text != self.text():
            super().setText(text)
            self._make_room(text)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Begin anew with another font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._widest = 0
            self._make_room(self._usual)
            self._make_room(self.text())

    def _make_room(self, text: str) -> None:
        metrics = self.fontMetrics()
        wide = metrics.horizontalAdvance(text) + 2
        if wide > self._widest:
            self._widest = wide
            self.setFixedSize(wide, metrics.height())
