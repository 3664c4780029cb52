"""One bar for each class of a decision."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from pipelines.percent import percent
from ui import layouts, theme

ROW_PX, FEWEST_ROWS = 26, 2
"""Room is kept for two classes: most sessions begin without laying the window out anew."""


class ProbabilityBars(QWidget):
    """Horizontal bars with name and percentage; dim while the decoder abstains."""

    def __init__(self) -> None:
        super().__init__()
        self._labels: tuple[str, ...] = ()
        self._values: tuple[float, ...] = ()
        self._dim = True
        self.setFixedHeight(FEWEST_ROWS * ROW_PX)

    def show_values(self, labels: tuple[str, ...], values: tuple[float, ...], *, dim: bool) -> None:
        """Show probabilities (0–1), one for each label."""
        if len(labels) != len(self._labels):
            self.setFixedHeight(max(FEWEST_ROWS, len(labels)) * ROW_PX)
        self._labels, self._values, self._dim = labels, values, dim
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size the widget would like."""
        return QSize(260, max(FEWEST_ROWS, len(self._labels)) * ROW_PX)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint name, bar, percentage for each class."""
        colours = theme.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = painter.fontMetrics()
        names = min(
            max((metrics.horizontalAdvance(layouts.words(text)) for text in self._labels), default=0) + 2,
            self.width() // 2,
        )
        left, right = names + 10, self.width() - 44
        for row, (label, value) in enumerate(zip(self._labels, self._values, strict=True)):
            top = row * ROW_PX
            colour = QColor(colours.class_colour(row))
            painter.setPen(QColor(colours.muted if self._dim else colours.text))
            text = metrics.elidedText(layouts.words(label), Qt.TextElideMode.ElideRight, names)
            painter.drawText(QRectF(0, top, names, ROW_PX), Qt.AlignmentFlag.AlignVCenter, text)
            share = "–" if self._dim else percent(value)
            align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(QRectF(right, top, 44, ROW_PX), align, share)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.raised))
            painter.drawRoundedRect(QRectF(left, top + 7, right - left, ROW_PX - 14), 4, 4)
            if not self._dim:
                painter.setBrush(colour)
                painter.drawRoundedRect(QRectF(left, top + 7, (right - left) * value, ROW_PX - 14), 4, 4)
        painter.end()
