"""A line of large text that becomes smaller where it would not fit."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QFontInfo, QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

LEAST_PX, MARGIN_PX = 12, 8


class FittedLabel(QLabel):
    """One line whose size is that of the style sheet, or as much smaller as its width asks for."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._fitted: tuple[str, int] | None = None

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Show a text."""
        super().setText(text)
        self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Fit the text into the new width."""
        super().resizeEvent(event)
        self.fit()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size that leaves the width to others."""
        return QSize(80, super().minimumSizeHint().height())

    def fit(self) -> None:
        """Choose the size for text and width; nothing is done where neither has changed."""
        if self._fitted == (self.text(), self.width()):
            return
        self._fitted = (self.text(), self.width())
        self.setStyleSheet("")
        self.ensurePolished()
        wanted, room = self.fontMetrics().horizontalAdvance(self.text()), self.width() - MARGIN_PX
        if wanted > room > 0:
            self.setStyleSheet(f"font-size: {max(LEAST_PX, QFontInfo(self.font()).pixelSize() * room // wanted)}px")
