"""The colours of maps and spectrograms, and the bar that says what they mean."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui import theme

MAP = "viridis"
"""Brightness rises evenly, so the map reads without colour vision and in print."""
COLOURS = 256


@cache
def table() -> NDArray[np.uint8]:
    """Return the colours (COLOURS, 3) from low to high."""
    return np.asarray(pg.colormap.get(MAP).getLookupTable(nPts=COLOURS)[:, :3], dtype=np.uint8)


def pixels(values: NDArray[np.floating], low: float, high: float) -> NDArray[np.uint32]:
    """Return 0xffRRGGBB of values; transparent where they are NaN."""
    share = (values - low) / max(high - low, 1e-9)
    place = np.clip(np.nan_to_num(share) * (COLOURS - 1), 0, COLOURS - 1).astype(np.intp)
    red, green, blue = table().astype(np.uint32).T
    packed = np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue
    return np.where(np.isfinite(values), packed[place], np.uint32(0))


def colour_of(value: float, low: float, high: float) -> QColor:
    """Return the colour of one value."""
    return QColor.fromRgba(int(pixels(np.array([value]), low, high)[0]))


def bar_image(*, lying: bool = False) -> QImage:
    """Return the colours as one column, high at the top, or as one row, high to the right."""
    row = np.ascontiguousarray(pixels(np.linspace(0, 1, COLOURS) if lying else np.linspace(1, 0, COLOURS), 0, 1))
    width, height = (COLOURS, 1) if lying else (1, COLOURS)
    return QImage(row.data, width, height, 4 * width, QImage.Format.Format_ARGB32).copy()


def steady_range(values: NDArray[np.floating], before: tuple[float, float], step: float) -> tuple[float, float]:
    """Return a range that holds most values, in whole steps; the one ``before`` while it still fits."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return before
    low, high = (float(v) for v in np.percentile(finite, (2, 99.5)))
    fits = before[0] - step / 2 <= low and high <= before[1] + step / 2
    if fits and high - low > 0.4 * (before[1] - before[0]):
        return before
    bottom = float(np.floor(low / step) * step)
    return bottom, max(bottom + step, float(np.ceil(high / step) * step))


class ColourScale(QWidget):
    """Upright colour bar with the numbers of its ends and its middle."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit
        self._range = (0.0, 1.0)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size the bar would like."""
        return QSize(16 + 8 + self.fontMetrics().horizontalAdvance("-000"), 100)

    def show_range(self, low: float, high: float) -> None:
        """Say what the ends mean."""
        if (low, high) != self._range:
            self._range = (low, high)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint bar, numbers and unit."""
        painter = QPainter(self)
        line = self.fontMetrics().height()
        bar = QRectF(2, line + 10, 12, max(10, self.height() - 2 * line - 14))
        painter.drawImage(bar, bar_image())
        painter.setPen(QColor(theme.palette().muted))
        painter.drawText(QRectF(0, 2, self.width(), line), Qt.AlignmentFlag.AlignLeft, self._unit)
        low, high = self._range
        for share, value in ((0.0, high), (0.5, (low + high) / 2), (1.0, low)):
            y = bar.top() + share * bar.height() - line / 2
            text = f"{value:.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.1f}"
            painter.drawText(QRectF(19, y, self.width() - 19, line), Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()
