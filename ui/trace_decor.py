"""What is painted around and over the traces: channel names, time axis, markers, scale bar, the value pointed at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap

from ui import theme
from ui.clock_axis import clock

AXIS_PX, STRIP_PX, RIGHT_PX = 22, 18, 60
FLAG_BAR_PX = 3


@dataclass(frozen=True, slots=True)
class ShownMarker:
    """A marker at its time since the start of the stream (s); its role says which colour it has."""

    time_s: float
    label: str
    role: str

    @property
    def colour(self) -> str:
        """Colour in the theme in force."""
        colours = theme.palette()
        return {"truth": colours.muted, "operator": colours.class_colour(1)}.get(self.role, colours.accent)


@dataclass(frozen=True, slots=True)
class Label:
    """Name of a lane at a share of the plot's height; bad ones carry a cross as well as a colour."""

    place: float
    text: str
    bad: bool


def small_font(base: QFont) -> QFont:
    """Return the font of numbers and markers."""
    font = QFont(base)
    font.setPixelSize(theme.px(11))
    return font


def label_picture(labels: Sequence[Label], every: int, area: QRect, ratio: float, font: QFont) -> QPixmap:
    """Return the names at the left as a picture: texts are the dearest part of a frame."""
    colours = theme.palette()
    picture = QPixmap(round(area.left() * ratio), round(area.height() * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(QColor(colours.background))
    painter = QPainter(picture)
    painter.setFont(font)
    for label in labels[::every]:
        painter.setPen(QColor(colours.bad if label.bad else colours.text))
        box = QRectF(2, label.place * area.height() - 9, area.left() - 10, 18)
        align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box, align, f"{theme.MARKS['bad']} {label.text}" if label.bad else label.text)
    painter.end()
    return picture


def labels_width(labels: Sequence[Label], font: QFont) -> int:
    """Return how wide the names are, a cross included (px)."""
    metrics = QFontMetrics(font)
    widest = max((metrics.horizontalAdvance(label.text) for label in labels), default=0)
    return min(130, widest + metrics.horizontalAdvance(f"{theme.MARKS['bad']} ")) + 14


def paint_axis(
    painter: QPainter, area: QRect, tick_s: float, span_s: tuple[float, float], x_of: Callable[[float], float | None]
) -> None:
    """Write the time at each tick of ``span_s``."""
    painter.setPen(QColor(theme.palette().muted))
    number = int(np.ceil(max(0.0, span_s[0]) / tick_s - 1e-9))
    while number * tick_s <= span_s[1] + 1e-9:
        x = x_of(number * tick_s)
        if x is not None:
            box = QRectF(x - 40, area.bottom() + 3, 80, AXIS_PX - 4)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, clock(number * tick_s, tick_s))
        number += 1


def paint_markers(
    painter: QPainter, area: QRect, markers: Sequence[ShownMarker], x_of: Callable[[float], float | None]
) -> None:
    """Draw a line at each marker, and its label above where there is room before the next."""
    metrics = painter.fontMetrics()
    shown = [(x, marker) for marker in markers if (x := x_of(marker.time_s)) is not None]
    shown.sort(key=lambda pair: pair[0])
    for position, (x, marker) in enumerate(shown):
        room = (shown[position + 1][0] if position + 1 < len(shown) else area.right() + RIGHT_PX) - x - 8
        painter.setPen(QPen(QColor(marker.colour), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, 4), QPointF(x, area.bottom()))
        if room > 12:
            painter.setPen(QColor(marker.colour))
            text = metrics.elidedText(marker.label, Qt.TextElideMode.ElideRight, int(room))
            painter.drawText(QPointF(x + 4, STRIP_PX - 5), text)


def paint_flag_bar(painter: QPainter, area: QRect, left: float, right: float) -> None:
    """Draw a bar above a doubtful stretch, so that its shade is not its only sign."""
    bar = QRectF(left, area.top() - FLAG_BAR_PX, max(1.0, right - left), FLAG_BAR_PX)
    painter.fillRect(bar, QColor(theme.palette().warning))


def paint_scale(painter: QPainter, area: QRect, height: float, text: str) -> None:
    """Draw the scale bar at the right."""
    x, top = area.right() + 9, area.top() + 6
    painter.setPen(QPen(QColor(theme.palette().muted), 1))
    painter.drawLine(QPointF(x, top), QPointF(x, top + height))
    for y in (top, top + height):
        painter.drawLine(QPointF(x - 3, y), QPointF(x + 3, y))
    box = QRectF(x + 6, top + height / 2 - 9, RIGHT_PX - 14, 18)
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)


def paint_readout(painter: QPainter, area: QRect, at: QPointF, text: str) -> None:
    """Write what is pointed at beside the pointer, and mark its time."""
    colours = theme.palette()
    painter.setPen(QPen(QColor(colours.muted), 1, Qt.PenStyle.DotLine))
    painter.drawLine(QPointF(at.x(), area.top()), QPointF(at.x(), area.bottom()))
    metrics = painter.fontMetrics()
    lines = text.splitlines()
    width = max(metrics.horizontalAdvance(line) for line in lines) + 14
    height = metrics.height() * len(lines) + 8
    x = at.x() + 12 if at.x() + 12 + width < area.right() else at.x() - 12 - width
    y = min(max(at.y() - height - 6, area.top() + 2), area.bottom() - height - 2)
    box = QRectF(max(x, area.left() + 2), y, width, height)
    painter.setPen(QPen(QColor(colours.border), 1))
    painter.setBrush(QColor(colours.raised))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(QColor(colours.text))
    painter.drawText(box.adjusted(7, 4, -7, -4), Qt.AlignmentFlag.AlignLeft, text)
