"""A head seen from above, coloured by one value for each electrode."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from pipelines.head_projection import MAP_POINTS, MIN_ELECTRODES, HeadGrid, head_xy
from ui import colour_scale, theme

NAME_PX = 32.0
"""Room that an electrode needs (px) for its name to be shown."""
BAR_PX = 34


class TopographyMap(QWidget):
    """Map, outline, electrodes and a colour bar below; with few electrodes the dots alone are coloured."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._names: tuple[str, ...] = ()
        self._xy = np.zeros((0, 2))
        self._grid: HeadGrid | None = None
        self._values = np.zeros(0)
        self._bad: frozenset[str] = frozenset()
        self._range = (0.0, 0.0)
        self._still = QPixmap()
        """Outline and electrodes, where they do not depend on the values."""
        self.setMinimumSize(64, 90)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size the map would like."""
        return QSize(260, 280)

    @property
    def interpolates(self) -> bool:
        """Whether there are electrodes enough for a map between them."""
        return self._grid is not None

    def prepare(self, names: Sequence[str], grid: HeadGrid | None) -> None:
        """Show other electrodes, all with a place on the head; ``grid`` colours the space between them."""
        self._names, self._grid = tuple(names), grid
        self._xy = head_xy(names) if names else np.zeros((0, 2))
        self._values = np.full(len(self._names), np.nan)
        self._range = (0.0, 0.0)
        self.renew()

    def renew(self) -> None:
        """Paint everything anew: colours or electrodes are others."""
        self._still = QPixmap()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Paint everything at the new size."""
        super().resizeEvent(event)
        self.renew()

    def show_values(self, values: NDArray[np.float64], bad: frozenset[str]) -> None:
        """Show a value (n_electrodes,) for each electrode; those named bad stand apart and colour nothing."""
        if bad != self._bad:
            self._still = QPixmap()
        self._values, self._bad = values, bad
        good = self._good()
        if good.any():
            low, high = float(values[good].min()), float(values[good].max())
            self._range = _steady(low, high, self._range)
        self.update()

    def _good(self) -> NDArray[np.bool_]:
        return np.isfinite(self._values) & np.array([name not in self._bad for name in self._names], dtype=np.bool_)

    def _geometry(self) -> tuple[QPointF, float]:
        """Return the middle of the head and its radius (px): nose, ears and electrodes below the rim need room."""
        top = self.fontMetrics().height() + 4
        height = self.height() - top - BAR_PX
        reach = max(1.16, float(np.hypot(*self._xy.T).max(initial=0)) + (0.06 if self.interpolates else 0.3))
        radius = max(20.0, min(self.width() / 2 / reach, height / 2 / 1.16) - 2)
        return QPointF(self.width() / 2, top + height / 2 + 0.02 * radius), radius

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the head."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(QColor(theme.palette().text))
        line = painter.fontMetrics().height()
        painter.drawText(QRectF(0, 2, self.width(), line), Qt.AlignmentFlag.AlignCenter, self._title)
        middle, radius = self._geometry()
        good = self._good()
        if self._grid is not None and good.sum() >= MIN_ELECTRODES:
            self._paint_field(painter, middle, radius, good)
        if self.interpolates:
            if self._still.isNull():
                self._still = self._still_picture(middle, radius)
            painter.drawPixmap(0, 0, self._still)
        else:
            self._paint_outline(painter, middle, radius)
            self._paint_values(painter, self._places(middle, radius), radius, good)
        if not self.interpolates or 2 * radius >= NAME_PX * np.sqrt(len(self._names)):
            self._paint_names(painter, self._places(middle, radius), radius, good)
        if good.any():
            self._paint_bar(painter)
        painter.end()

    def _paint_field(self, painter: QPainter, middle: QPointF, radius: float, good: NDArray[np.bool_]) -> None:
        assert self._grid is not None
        values = self._values if good.all() else np.where(good, self._values, self._stand_in(good))
        field = self._grid.fill(values)
        packed = np.ascontiguousarray(colour_scale.pixels(field, *self._range))
        image = QImage(packed.data, MAP_POINTS, MAP_POINTS, 4 * MAP_POINTS, QImage.Format.Format_ARGB32)
        round_ = QPainterPath()
        round_.addEllipse(middle, radius, radius)
        painter.save()
        painter.setClipPath(round_)
        painter.drawImage(QRectF(middle.x() - radius, middle.y() - radius, 2 * radius, 2 * radius), image)
        painter.restore()

    def _stand_in(self, good: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return values (n_electrodes,) for those that have none: the mean of their three nearest good neighbours."""
        distance = np.hypot(*(self._xy[:, None] - self._xy[None, good]).transpose(2, 0, 1))
        nearest = np.argsort(distance, axis=1)[:, :3]
        return np.asarray(self._values[good][nearest].mean(axis=1))

    def _paint_outline(self, painter: QPainter, middle: QPointF, radius: float) -> None:
        painter.setPen(QPen(QColor(theme.palette().muted), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(middle, radius, radius)
        nose = [
            QPointF(middle.x() + x * radius, middle.y() - y * radius)
            for x, y in ((-0.1, 0.995), (0, 1.12), (0.1, 0.995))
        ]
        painter.drawPolyline(nose)
        for side in (-1, 1):
            ear = QRectF(
                middle.x() + side * 1.035 * radius - 0.04 * radius,
                middle.y() - 0.14 * radius,
                0.08 * radius,
                0.28 * radius,
            )
            painter.drawArc(ear, 16 * (90 if side < 0 else 270), 16 * 180)

    def _places(self, middle: QPointF, radius: float) -> list[QPointF]:
        return [QPointF(middle.x() + x * radius, middle.y() - y * radius) for x, y in self._xy]

    def _still_picture(self, middle: QPointF, radius: float) -> QPixmap:
        """Return outline and electrodes as a picture: they may be 256, and stand while the values change."""
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_outline(painter, middle, radius)
        places = self._places(middle, radius)
        good = [at for at, name in zip(places, self._names, strict=True) if name not in self._bad]
        # Dark with a bright ring, so that they stand out from every colour.
        for colour, width in (("#ffffff", 4.5), ("#000000", 2.5)):
            painter.setPen(QPen(QColor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawPoints(good)
        self._paint_crosses(painter, places)
        painter.end()
        return picture

    def _paint_values(
        self, painter: QPainter, places: Sequence[QPointF], radius: float, good: NDArray[np.bool_]
    ) -> None:
        painter.setPen(QPen(QColor(theme.palette().text), 1.2))
        for at, value, fine in zip(places, self._values, good, strict=True):
            painter.setBrush(colour_scale.colour_of(value, *self._range) if fine else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(at, self._dot_px(radius), self._dot_px(radius))
        self._paint_crosses(painter, places)

    def _paint_crosses(self, painter: QPainter, places: Sequence[QPointF]) -> None:
        painter.setPen(QPen(QColor(theme.palette().bad), 1.5))
        for at in (at for at, name in zip(places, self._names, strict=True) if name in self._bad):
            for sign in (-1, 1):
                painter.drawLine(at + QPointF(-3, -3 * sign), at + QPointF(3, 3 * sign))

    def _dot_px(self, radius: float) -> float:
        return 2.0 if self.interpolates else max(7.0, 0.09 * radius)

    def _paint_names(
        self, painter: QPainter, places: Sequence[QPointF], radius: float, good: NDArray[np.bool_]
    ) -> None:
        font = QFont(self.font())
        font.setPixelSize(max(9, min(11, int(2.2 * radius / np.sqrt(len(self._names) + 1)))))
        painter.setFont(font)
        height = painter.fontMetrics().height()
        for at, (x, y), name, value, fine in zip(places, self._xy, self._names, self._values, good, strict=True):
            painter.setPen(self._ink(value, fine, float(np.hypot(x, y))))
            box = QRectF(at.x() - 24, at.y() + self._dot_px(radius), 48, height)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)

    def _ink(self, value: float, fine: bool, radius: float) -> QColor:
        """Return black on bright colours, white on dark ones, the text's colour where there is no map."""
        if not fine or radius > 1 or not self.interpolates:
            return QColor(theme.palette().text)
        low, high = self._range
        return QColor("#000000" if (value - low) > 0.6 * (high - low) else "#ffffff")

    def _paint_bar(self, painter: QPainter) -> None:
        painter.setFont(self.font())
        line = painter.fontMetrics().height()
        width = min(200.0, max(0.7 * self.width(), self.width() - 28))
        bar = QRectF((self.width() - width) / 2, self.height() - line - 12, width, 8)
        painter.drawImage(bar, colour_scale.bar_image(lying=True))
        painter.setPen(QColor(theme.palette().muted))
        low, high = (f"{value:g}" for value in self._range)
        below = QRectF(bar.left() - 6, bar.bottom() + 1, width + 12, line)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, low)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, high)


def _steady(low: float, high: float, before: tuple[float, float]) -> tuple[float, float]:
    """Return whole half decibels around the values; the range ``before`` while they still fill most of it."""
    if before[0] <= low and high <= before[1] and high - low > 0.6 * (before[1] - before[0]):
        return before
    bottom = float(np.floor(2 * low) / 2)
    return bottom, max(bottom + 1.0, float(np.ceil(2 * high) / 2))
