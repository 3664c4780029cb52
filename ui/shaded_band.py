"""An area between two borders over time, cheap to change and to paint."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem, QStyleOptionGraphicsItem, QWidget

OPACITY = 48
"""Of 255: bands overlap."""


class ShadedBand(QGraphicsPathItem):
    """In place of pyqtgraph's ``FillBetweenItem``, which takes a tenth of a second where the two borders meet."""

    def __init__(self, colour: str) -> None:
        super().__init__()
        self.setPen(QPen(Qt.PenStyle.NoPen))
        self.set_colour(colour)

    def set_colour(self, colour: str) -> None:
        """Take a colour (``#rrggbb``)."""
        shade = QColor(colour)
        shade.setAlpha(OPACITY)
        self.setBrush(shade)

    def show_between(self, times_s: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
        """Fill between two borders (n,), apart where they are not finite."""
        known = np.isfinite(low) & np.isfinite(high)
        edges = np.flatnonzero(np.diff(np.concatenate(([False], known, [False]))))
        path = QPainterPath()
        for start, stop in edges.reshape(-1, 2):
            part = slice(start, stop)
            outline = np.concatenate((times_s[part], times_s[part][::-1]))
            path.addPath(pg.functions.arrayToQPath(outline, np.concatenate((low[part], high[part][::-1]))))
        self.setPath(path)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint without smoothing the borders: pale as they are nobody sees them, and it takes a fifth of the time."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        super().paint(painter, option, widget)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
