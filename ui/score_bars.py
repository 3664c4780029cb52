"""Accuracies side by side: a bar with its 95 % interval for each decoder, and the line of chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from pipelines.percent import percent
from ui import theme

ROW_PX = 34
FOOT_PX = 18


@dataclass(frozen=True, slots=True)
class Score:
    """One bar: whose it is, its value, and its interval (NaN: none), each from 0 to 1."""

    name: str
    mean: float
    low: float
    high: float


class ScoreBars(QWidget):
    """Drawn by hand: a plot for two bars would be a burden."""

    def __init__(self) -> None:
        super().__init__()
        self._scores: tuple[Score, ...] = ()
        self._chance = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_scores(self, scores: Sequence[Score], chance: float) -> None:
        """Show these; none empties the widget."""
        self._scores, self._chance = tuple(scores), chance
        spoken = "; ".join(f"{score.name} {percent(score.mean)}" for score in scores)
        self.setAccessibleDescription(f"{spoken}; chance {percent(chance)}" if scores else "")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As high as its bars."""
        return QSize(300, theme.px(ROW_PX) * len(self._scores) + (theme.px(FOOT_PX) if self._scores else 0))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the bars."""
        if not self._scores:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = self.font()
        font.setPixelSize(theme.px(12))
        painter.setFont(font)
        height = theme.px(ROW_PX)
        right = theme.px(58)
        width = self.width() - right
        for row, score in enumerate(self._scores):
            self._bar(painter, QRectF(0, row * height, width, height), score, row, right)
        painter.setPen(QPen(QColor(theme.palette().text), 1.5, Qt.PenStyle.DotLine))
        x = self._chance * width
        for row in range(len(self._scores)):  # beside the names, not through them
            painter.drawLine(round(x), round((row + 0.46) * height), round(x), round((row + 0.88) * height))
        painter.setPen(QColor(theme.palette().muted))
        foot = QRectF(x - 60, height * len(self._scores), 120, theme.px(FOOT_PX))
        painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, f"chance {percent(self._chance)}")
        painter.end()

    def _bar(self, painter: QPainter, place: QRectF, score: Score, row: int, right: float) -> None:
        colours = theme.palette()
        words = QRectF(place.left(), place.top(), place.width(), place.height() / 2)
        painter.setPen(QColor(colours.text))
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, score.name)
        bar = QRectF(place.left(), place.top() + place.height() / 2, place.width(), place.height() * 0.3)
        painter.fillRect(bar, QColor(colours.raised))
        colour = colours.accent if row == 0 else colours.muted
        painter.fillRect(QRectF(bar.left(), bar.top(), bar.width() * score.mean, bar.height()), QColor(colour))
        beside = QRectF(place.right() + 6, bar.top() - 5, right - 6, bar.height() + 10)
        painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter, f"{percent(score.mean)}")
        if math.isfinite(score.low) and math.isfinite(score.high):
            painter.setPen(QPen(QColor(colours.text), 2))
            y = round(bar.center().y())
            low, high = round(bar.width() * score.low), round(bar.width() * score.high)
            painter.drawLine(low, y, high, y)
            for x in (low, high):
                painter.drawLine(x, y - 4, x, y + 4)
