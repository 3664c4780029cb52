"""Electrodes on the head, seen from above: each with a shape and a colour that say how it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QToolTip, QWidget

from pipelines.channel_names import canonical_name
from pipelines.channel_quality import Verdict
from pipelines.head_projection import head_xy, placed
from ui import theme

LOOKS: dict[str, tuple[str, theme.Tone]] = {
    "good": ("circle", "good"),
    "flat": ("bar", "bad"),
    "railed": ("square", "bad"),
    "not finite": ("cross", "bad"),
    "noisy": ("diamond", "warning"),
    "line noise": ("triangle", "warning"),
    "uncorrelated": ("ring", "warning"),
    "impedance": ("drop", "warning"),
    "": ("circle", "muted"),
}
"""Verdict → shape and tone; the empty one is not known yet."""
MEANINGS: dict[Verdict, str] = {
    "good": "in order",
    "flat": "does not move: check the contact, the cable and the reference",
    "railed": "at the amplifier's limit: check the contact and the gel",
    "not finite": "delivers values that are no numbers",
    "noisy": "far noisier than the others: a loose contact or muscle",
    "line noise": "mostly mains hum: check contact and ground, move away from mains cables",
    "uncorrelated": "goes with no other channel: it may measure no brain at all",
    "impedance": "impedance too high: clean the skin, add gel",
}


@dataclass(frozen=True, slots=True)
class Electrode:
    """One electrode: its name, verdict, a line that says more, and whether a person has marked it as bad."""

    name: str
    verdict: str = ""
    detail: str = ""
    marked: bool = False


class HeadMap(QWidget):
    """A head with its nose up. Electrodes without a known place stand in a row below."""

    picked = Signal(str)
    """Name of the electrode that was clicked."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(240, 260)
        self.setMouseTracking(True)
        self.setAccessibleName("Head map of electrodes")
        self._electrodes: tuple[Electrode, ...] = ()
        self._names: tuple[str, ...] = ()
        self._xy = np.zeros((0, 2))
        self._homeless: list[int] = []
        self._selected = ""

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size the widget would like."""
        return QSize(460, 480)

    def show_electrodes(self, electrodes: tuple[Electrode, ...]) -> None:
        """Show these electrodes."""
        names = tuple(one.name for one in electrodes)
        if names != self._names:
            self._names = names
            at_home = placed(names)
            self._homeless = [i for i in range(len(names)) if i not in at_home]
            self._xy = np.full((len(names), 2), np.nan)
            if at_home:
                self._xy[at_home] = head_xy([names[i] for i in at_home])
        if electrodes != self._electrodes:
            self._electrodes = electrodes
            self.update()

    def select(self, name: str) -> None:
        """Mark an electrode as the one spoken of."""
        if name != self._selected:
            self._selected = name
            self.update()

    def places(self) -> dict[str, QPointF]:
        """Return where each electrode is drawn."""
        return dict(zip(self._names, map(self._place, range(len(self._names))), strict=True))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Pick the electrode under the pointer."""
        one = self._under(event.position())
        if one is not None:
            self.select(one.name)
            self.picked.emit(one.name)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Say how the electrode under the pointer is."""
        one = self._under(event.position())
        if one is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(event.globalPosition().toPoint(), f"{one.name}: {one.detail or 'no signal yet'}", self)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint head and electrodes."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme.palette()
        self._paint_head(painter, colours)
        size = self._size()
        font = QFont(self.font())
        font.setPixelSize(max(8, min(theme.px(11), round(size * 0.85))))
        painter.setFont(font)
        for place, one in enumerate(self._electrodes):
            self._paint_electrode(painter, self._place(place), size, one)
        if not self._electrodes:
            painter.setPen(QColor(colours.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Start the session (F5)\nto see its electrodes")
        painter.end()

    def _paint_head(self, painter: QPainter, colours: theme.Theme) -> None:
        centre, radius = self._centre(), self._radius()
        painter.setPen(QPen(QColor(colours.border), 2))
        painter.setBrush(QColor(colours.background))
        nose = QPolygonF(
            [
                centre + QPointF(-0.12 * radius, -0.985 * radius),
                centre + QPointF(0, -1.12 * radius),
                centre + QPointF(0.12 * radius, -0.985 * radius),
            ]
        )
        painter.drawPolygon(nose)
        for side in (-1, 1):
            painter.drawEllipse(centre + QPointF(side * 1.02 * radius, 0), 0.05 * radius, 0.16 * radius)
        painter.drawEllipse(centre, radius, radius)

    def _paint_electrode(self, painter: QPainter, at: QPointF, size: float, one: Electrode) -> None:
        colours = theme.palette()
        shape, tone = LOOKS.get(one.verdict, LOOKS[""])
        colour = QColor(colours.tone(tone))
        painter.setPen(QPen(QColor(colours.text if one.name == self._selected else colours.surface), 2))
        painter.setBrush(colour)
        painter.drawPath(_shape(shape, at, size))
        if shape in ("ring", "cross"):
            painter.setPen(QPen(colour, 3))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(_shape(shape, at, size))
        if one.name == self._selected:
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(at, size + 5, size + 5)
        if one.marked:
            painter.setPen(QPen(QColor(colours.text), 2))
            for dx in (-1, 1):
                painter.drawLine(at + QPointF(-dx * size, -size), at + QPointF(dx * size, size))
        painter.setPen(QColor(colours.text))
        box = QRectF(at.x() - 40, at.y() + size + 1, 80, 18)
        align = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(box, align, canonical_name(one.name))

    def _size(self) -> float:
        crowd = max(1, len(self._names) - len(self._homeless))
        return float(np.clip(self._radius() / (2.4 * np.sqrt(crowd)), 4, 11))

    def _centre(self) -> QPointF:
        row = 44 if self._homeless else 0
        return QPointF(self.width() / 2, (self.height() - row) / 2 + 4)

    def _radius(self) -> float:
        centre = self._centre()
        return max(40.0, min(centre.x() / 1.16, centre.y() / 1.2) - 12)

    def _place(self, number: int) -> QPointF:
        if number in self._homeless:
            step = self.width() / (len(self._homeless) + 1)
            return QPointF(step * (self._homeless.index(number) + 1), self.height() - 30)
        x, y = self._xy[number]
        return self._centre() + QPointF(x, -y) * self._radius()

    def _under(self, point: QPointF) -> Electrode | None:
        reach = self._size() + 6
        for place, one in enumerate(self._electrodes):
            away = self._place(place) - point
            if np.hypot(away.x(), away.y()) <= reach:
                return one
        return None


def _shape(name: str, at: QPointF, size: float) -> QPainterPath:
    path = QPainterPath()
    if name in ("circle", "ring"):
        path.addEllipse(at, size, size)
    elif name == "square":
        path.addRect(QRectF(at.x() - 0.9 * size, at.y() - 0.9 * size, 1.8 * size, 1.8 * size))
    elif name == "bar":
        path.addRect(QRectF(at.x() - 1.1 * size, at.y() - 0.35 * size, 2.2 * size, 0.7 * size))
    elif name == "cross":
        for dx in (-1, 1):
            path.moveTo(at + QPointF(-dx * size, -size))
            path.lineTo(at + QPointF(dx * size, size))
    else:
        corners = {
            "diamond": ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
            "triangle": ((0, -1.2), (1.1, 0.9), (-1.1, 0.9)),
            "drop": ((0, 1.2), (1.1, -0.9), (-1.1, -0.9)),
        }[name]
        path.addPolygon(QPolygonF([at + QPointF(x, y) * size for x, y in corners]))
        path.closeSubpath()
    return path
